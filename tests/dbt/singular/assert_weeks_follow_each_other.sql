-- The series has every week: each starts the day after the one before it ends
-- (definition D5).
with weeks as (

    select
        week_start,
        lag(week_end) over (order by week_start) as previous_week_end
    from {{ ref('dim_weeks') }}

)

select *
from weeks
where week_start <> cast({{ days_after('previous_week_end', 1) }} as date)
