-- What each segment contributes to the change of each metric, and how far its share of
-- the metric is from what it was. For a rate that is said of both what it counts and
-- what it is over, as in Adtributor (see the macro surprise).
-- One row per metric, comparison, its week, dimension and segment.
{% set keys = ['metric', 'week_start', 'comparison', 'dimension', 'segment'] %}
{% set parts = [
    'new', 'resurrected', 'churned', 'switched_in', 'switched_out', 'expanded',
    'contracted',
] %}
with count_changes as (

    select * from {{ ref('int_count_changes') }}

),

rate_changes as (

    select * from {{ ref('int_rate_changes') }}

),

contributions as (

    select
        {{ keys | join(',\n        ') }},
        value,
        previous_value,
        value - previous_value as contribution,
        {{ parts | join(',\n        ') }},
        units as weight,
        previous_units as previous_weight,
        rate_effect,
        mix_effect,
        value as numerator,
        previous_value as previous_numerator,
        0 as denominator,
        0 as previous_denominator
    from count_changes
    union all
    select
        {{ keys | join(',\n        ') }},
        rate as value,
        previous_rate as previous_value,
        rate_effect + mix_effect as contribution,
        {% for part in parts -%}
        null as {{ part }},
        {% endfor -%}
        share as weight,
        previous_share as previous_weight,
        rate_effect,
        mix_effect,
        numerator,
        previous_numerator,
        denominator,
        previous_denominator
    from rate_changes

),

totals as (

    select * from contributions
    where dimension = 'all'

),

shared as (

    select
        contributions.*,
        totals.previous_value as total_previous_value,
        totals.contribution as total_change,
        {{ share_of('totals.numerator', 'contributions.numerator') }}
            as numerator_share,
        {{ share_of('totals.previous_numerator', 'contributions.previous_numerator') }}
            as previous_numerator_share,
        {{ share_of('totals.denominator', 'contributions.denominator') }}
            as denominator_share,
        {{ share_of(
            'totals.previous_denominator', 'contributions.previous_denominator'
        ) }} as previous_denominator_share
    from contributions
    inner join totals
        on
            contributions.metric = totals.metric
            and contributions.week_start = totals.week_start
            and contributions.comparison = totals.comparison

)

select
    {{ keys | join(',\n    ') }},
    cast(value as {{ type_double() }}) as value,
    cast(previous_value as {{ type_double() }}) as previous_value,
    cast(contribution as {{ type_double() }}) as contribution,
    {% for part in parts -%}
    cast({{ part }} as bigint) as {{ part }},
    {% endfor -%}
    cast(weight as {{ type_double() }}) as weight,
    cast(previous_weight as {{ type_double() }}) as previous_weight,
    rate_effect,
    mix_effect,
    -- A rate that did not change may have moved by the last bit.
    contribution / nullif(round(cast(total_change as {{ type_double() }}), 12), 0)
        as share_of_change,
    contribution / cast(nullif(total_previous_value, 0) as {{ type_double() }})
        as contribution_to_growth_rate,
    {{ surprise('previous_numerator_share', 'numerator_share') }}
    + {{ surprise('previous_denominator_share', 'denominator_share') }} as surprise
from shared
