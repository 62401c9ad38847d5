-- How each unit moved between the two weeks of a comparison. New are those whose first
-- week ever lies after the earlier one (definition D24); what moves from one token of a
-- lineage to another has switched, seen by the family.
-- One row per comparison, its week, grain and unit active in either week.
{% set dimensions = ['everybody'] + driver_dimensions() + ['cohort_age'] %}
with comparisons as (

    select * from {{ ref('int_week_comparisons') }}

),

unit_weeks as (

    select * from {{ ref('int_unit_weeks') }}

),

{% for side, own_week in [('now', 'week_start'), ('before', 'previous_week_start')] -%}
{{ side }} as (

    select
        comparisons.week_start as compared_week,
        comparisons.comparison,
        comparisons.previous_week_start,
        unit_weeks.*
    from comparisons
    inner join unit_weeks
        on comparisons.{{ own_week }} = unit_weeks.week_start

),

{% endfor -%}

paired as (

    select
        {% for column in [
            'compared_week', 'comparison', 'previous_week_start', 'grain', 'unit_id',
            'family_id', 'first_week_start', 'family_first_week_start',
        ] -%}
        coalesce(now.{{ column }}, before.{{ column }}) as {{ column }},
        {% endfor -%}
        {% for dimension in dimensions -%}
        now.{{ dimension }},
        before.{{ dimension }} as previous_{{ dimension }},
        {% endfor -%}
        now.unit_id is not null as is_active,
        before.unit_id is not null as was_active,
        coalesce(now.amount, 0) as amount,
        coalesce(before.amount, 0) as previous_amount
    from now
    full outer join before
        on
            now.compared_week = before.compared_week
            and now.comparison = before.comparison
            and now.grain = before.grain
            and now.unit_id = before.unit_id

),

related as (

    select
        *,
        max(case when is_active then 1 else 0 end) over (
            partition by compared_week, comparison, grain, family_id
        ) = 1 as is_family_active,
        max(case when was_active then 1 else 0 end) over (
            partition by compared_week, comparison, grain, family_id
        ) = 1 as was_family_active
    from paired

),

judged as (

    select
        *,
        case
            when is_active and was_active then 'retained'
            when was_active then 'churned'
            when first_week_start > previous_week_start then 'new'
            else 'resurrected'
        end as movement,
        case
            when is_active and was_active then 'retained'
            when is_family_active and was_family_active then 'switched'
            when was_active then 'churned'
            when family_first_week_start > previous_week_start then 'new'
            else 'resurrected'
        end as movement_of_family
    from related

)

select
    compared_week as week_start,
    comparison,
    grain,
    unit_id,
    movement,
    movement_of_family,
    {% for dimension in dimensions -%}
    {{ dimension }},
    previous_{{ dimension }},
    {% endfor -%}
    amount,
    previous_amount
from judged
