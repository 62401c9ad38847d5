-- Each week's numbers beside what the program wanted of them.
-- One row per metric with a target and week.
with weekly_values as (

    select * from {{ ref('fct_weekly_values') }}

),

targets as (

    select * from {{ ref('int_targets') }}

),

compared as (

    select
        weekly_values.metric,
        weekly_values.week_start,
        weekly_values.week_status,
        weekly_values.value,
        targets.target,
        targets.direction,
        weekly_values.value - targets.target as gap
    from weekly_values
    inner join targets
        on
            weekly_values.metric = targets.metric
            and weekly_values.week_start >= targets.start_date
            and (
                targets.next_start_date is null
                or weekly_values.week_start < targets.next_start_date
            )

)

select
    *,
    case direction when 'at_least' then gap >= 0 else gap <= 0 end as is_reached
from compared
