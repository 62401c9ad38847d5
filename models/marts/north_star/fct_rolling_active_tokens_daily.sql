-- Tokens active in seven days, each day and the six before it: for watching a launch or
-- an incident by the day. A calendar week is something else, and this series never
-- stands for it (definition D3).
-- One row per day from the first log row to the watermark.
with watermark as (

    select * from {{ ref('int_watermark') }}

),

accepted_days as (

    select * from {{ ref('int_token_days') }}
    where outcome not in ('malformed', 'duplicate')

),

days as (

    select
        {{ dates_between(
            reporting_date('first_accepted_at'), reporting_date('watermark_at'), 1
        ) }} as activity_date
    from watermark
    where watermark_at is not null

),

watched as (

    select
        days.activity_date,
        cast(count(distinct accepted_days.activity_date) as bigint) as days_with_logs
    from days
    left join accepted_days
        on {{ in_7_days_up_to('accepted_days.activity_date', 'days.activity_date') }}
    group by days.activity_date

),

active as (

    select
        days.activity_date,
        accepted_days.token_id
    from days
    inner join accepted_days
        on {{ in_7_days_up_to('accepted_days.activity_date', 'days.activity_date') }}
    where accepted_days.outcome = 'qualified'
    group by days.activity_date, accepted_days.token_id
    having sum(accepted_days.requests) >= {{ var('min_qualified_requests') }}

),

counted as (

    select
        activity_date,
        cast(count(*) as bigint) as active_tokens
    from active
    group by activity_date

),

combined as (

    select
        watched.activity_date,
        watched.days_with_logs,
        case when watched.days_with_logs > 0 then coalesce(counted.active_tokens, 0) end
            as rolling_7_day_active_tokens
    from watched
    left join counted
        on watched.activity_date = counted.activity_date

)

select * from combined
