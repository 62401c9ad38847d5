-- Every week from the first with an accepted row to the watermark's, with its status
-- and whether it is a gap in the logs (definitions D1, D2, D4, D5).
-- One row per week.
with watermark as (

    select * from {{ ref('int_watermark') }}

),

log_days as (

    select
        week_start,
        cast(count(distinct activity_date) as bigint) as days_with_logs,
        {{ any_true('is_sampled') }} as is_sampled
    from {{ ref('int_token_days') }}
    where outcome not in ('malformed', 'duplicate')
    group by week_start

),

spine as (

    select
        {{ dates_between(
            week_start(reporting_date('first_accepted_at')),
            week_start(reporting_date('watermark_at')),
            7
        ) }} as week_start
    from watermark
    where watermark_at is not null

),

bounded as (

    select
        week_start,
        cast({{ days_after('week_start', 6) }} as date) as week_end,
        {{ reporting_midnight('week_start') }} as week_starts_at,
        {{ reporting_midnight(days_after('week_start', 7)) }} as week_ends_at
    from spine

),

allowed as (

    select
        *,
        {{ days_after('week_ends_at', var('late_allowance_days')) }}
            as final_from
    from bounded

),

judged as (

    select
        allowed.week_start,
        allowed.week_end,
        allowed.week_starts_at,
        allowed.week_ends_at,
        least(allowed.week_ends_at, watermark.watermark_at) as described_at,
        case
            when watermark.watermark_at < allowed.week_ends_at then 'open'
            when watermark.watermark_at < allowed.final_from then 'settling'
            else 'final'
        end as week_status,
        log_days.week_start is null as is_data_gap,
        -- Gap weeks do not count: the week before one and the week after it are
        -- neighbours (definition D21).
        sum(case when log_days.week_start is not null then 1 else 0 end) over (
            order by allowed.week_start
        ) as tracked_week_number,
        allowed.week_start = min(allowed.week_start) over () as is_left_censored,
        coalesce(log_days.is_sampled, false) as is_sampled,
        coalesce(log_days.days_with_logs, 0) as days_with_logs
    from allowed
    cross join watermark
    left join log_days
        on allowed.week_start = log_days.week_start

)

select * from judged
