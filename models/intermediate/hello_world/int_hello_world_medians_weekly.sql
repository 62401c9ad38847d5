-- The median time to first hello world by Kaplan and Meier: those who are still waiting
-- count for as long as they were watched (definition D17).
-- One row per week that has sign-ups in its window.
with observations as (

    select * from {{ ref('int_hello_world_windows') }}

),

time_points as (

    select
        week_start,
        duration_seconds,
        sum(case when is_converted then 1 else 0 end) as n_events,
        sum(case when is_converted then 0 else 1 end) as n_censored
    from observations
    group by week_start, duration_seconds

),

{{ kaplan_meier('time_points', ['week_start']) }}

select
    week_start,
    {{ time_of_survival('survival', 0.5) }} as ttfhw_p50_seconds
from curve
group by week_start
