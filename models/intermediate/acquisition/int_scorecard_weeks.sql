-- What the logs can tell of the sign-ups of each week: of their first 7 days when these
-- have passed, of their fourth week when it is final; neither where the logs have a
-- gap.
-- One row per week.
with weeks as (

    select * from {{ ref('int_weeks') }}

),

watermark as (

    select * from {{ ref('int_watermark') }}

)

select
    weeks.week_start,
    weeks.week_status,
    weeks.is_data_gap,
    cast(
        weeks.tracked_week_number
        - case when weeks.is_data_gap then 0 else 1 end as bigint
    ) as earlier_tracked_weeks,
    not weeks.is_data_gap
    and not coalesce(next_weeks.is_data_gap, false)
    and {{ days_after('weeks.week_ends_at', 7) }} <= watermark.watermark_at
        as is_7d_known,
    coalesce(fourth_weeks.week_status = 'final' and not fourth_weeks.is_data_gap, false)
        as is_week_4_known
from weeks
cross join watermark
left join weeks as next_weeks
    on cast({{ days_after('weeks.week_start', 7) }} as date) = next_weeks.week_start
left join weeks as fourth_weeks
    on cast({{ days_after('weeks.week_start', 28) }} as date) = fourth_weeks.week_start
