-- How many said hello, and how many ceased to be watched, at each time on the clock.
-- One row per unit, cohort, dimension, segment and time.
with memberships as (

    select * from {{ ref('int_ttfhw_memberships') }}

)

select
    unit,
    cohort,
    dimension,
    segment,
    curve_seconds as duration_seconds,
    cast(sum(case when is_converted then 1 else 0 end) as bigint) as n_events,
    cast(sum(case when is_converted then 0 else 1 end) as bigint) as n_censored
from memberships
group by unit, cohort, dimension, segment, curve_seconds
