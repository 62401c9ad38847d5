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

log_days as (

    select distinct activity_date from accepted_days

),

qualified_days as (

    select
        activity_date,
        token_id,
        sum(requests) as requests
    from accepted_days
    where outcome = 'qualified'
    group by activity_date, token_id

),

-- A day counts for itself and for the six after it.
spread_log_days as (

    select {{ the_7_days_from('activity_date') }} as activity_date from log_days

),

spread_qualified_days as (

    select
        {{ the_7_days_from('activity_date') }} as activity_date,
        token_id,
        requests
    from qualified_days

),

watched as (

    select
        activity_date,
        cast(count(*) as bigint) as days_with_logs
    from spread_log_days
    group by activity_date

),

active as (

    select
        activity_date,
        token_id
    from spread_qualified_days
    group by activity_date, token_id
    having sum(requests) >= {{ var('min_qualified_requests') }}

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
        days.activity_date,
        coalesce(watched.days_with_logs, 0) as days_with_logs,
        case when watched.days_with_logs > 0 then coalesce(counted.active_tokens, 0) end
            as rolling_7_day_active_tokens
    from days
    left join watched
        on days.activity_date = watched.activity_date
    left join counted
        on days.activity_date = counted.activity_date

)

select * from combined
