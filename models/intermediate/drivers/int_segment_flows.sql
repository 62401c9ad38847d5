-- How much of each metric went from which segment to which, by the movement of the
-- units behind it: all that contributions to counts and sums are made of. A token that
-- takes over from another of its lineage is new to the count of tokens; its requests
-- are not.
-- One row per metric, comparison, its week, dimension, both segments and movement.
{% set counts = {
    'weekly_active_tokens': 'token',
    'weekly_active_token_lineages': 'token_lineage',
    'weekly_active_developers': 'developer',
    'weekly_active_companies': 'company',
} %}
with unit_changes as (

    select * from {{ ref('int_unit_changes') }}

),

flows as (

    {% for dimension in ['everybody'] + driver_dimensions() + ['cohort_age'] -%}
    select
        week_start,
        comparison,
        grain,
        '{{ 'all' if dimension == 'everybody' else dimension }}' as dimension,
        previous_{{ dimension }} as previous_segment,
        {{ dimension }} as segment,
        movement,
        movement_of_family,
        count(*) as units,
        sum(amount) as amount,
        sum(previous_amount) as previous_amount,
        sum(greatest(amount - previous_amount, 0)) as more,
        sum(greatest(previous_amount - amount, 0)) as less
    from unit_changes
    where coalesce(previous_{{ dimension }}, {{ dimension }}) is not null
    group by
        week_start,
        comparison,
        grain,
        previous_{{ dimension }},
        {{ dimension }},
        movement,
        movement_of_family
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}

),

-- Only a sum is over units that are something else than what it counts.
measured as (

    {% for metric, grain in counts.items() -%}
    select
        '{{ metric }}' as metric,
        week_start,
        comparison,
        dimension,
        previous_segment,
        segment,
        movement,
        units as value,
        units as previous_value,
        null as expanded,
        null as contracted,
        null as units
    from flows
    where grain = '{{ grain }}'
    union all
    {% endfor -%}
    select
        'qualified_requests' as metric,
        week_start,
        comparison,
        dimension,
        previous_segment,
        segment,
        movement_of_family as movement,
        amount as value,
        previous_amount as previous_value,
        case when segment = previous_segment then more else 0 end as expanded,
        case when segment = previous_segment then less else 0 end as contracted,
        units
    from flows
    where grain = 'token'

)

select
    metric,
    week_start,
    comparison,
    dimension,
    previous_segment,
    segment,
    movement,
    {% for column in ['value', 'previous_value', 'expanded', 'contracted'] -%}
    cast(sum({{ column }}) as bigint) as {{ column }},
    {% endfor -%}
    cast(sum(units) as bigint) as units
from measured
group by
    metric, week_start, comparison, dimension, previous_segment, segment, movement
