-- How many of each segment have said hello, and within an hour, a day, a week and four
-- weeks, among those who were watched for as long (definition D17).
-- One row per unit, cohort, dimension and segment.
{% set horizons = {'1h': 3600, '24h': 86400, '7d': 604800, '28d': 2419200} %}
with memberships as (

    select * from {{ ref('int_ttfhw_memberships') }}

)

select
    unit,
    cohort,
    dimension,
    segment,
    {% for name, seconds in horizons.items() -%}
    cast(sum(case when observed_seconds >= {{ seconds }} then 1 else 0 end) as bigint)
        as n_{{ name }},
    avg(cast(
        case
            when observed_seconds < {{ seconds }} then null
            when is_converted and duration_seconds <= {{ seconds }} then 1
            else 0
        end as {{ type_double() }}
    )) as converted_{{ name }}_rate,
    {% endfor -%}
    cast(sum(case when is_converted then 1 else 0 end) as bigint) as converted,
    cast(count(*) as bigint) as n
from memberships
group by unit, cohort, dimension, segment
