-- The sign-ups of the weeks up to each week (var ttfhw_window_weeks), as they stood at
-- the end of that week or at the watermark: what happened later is not known yet, so
-- that the past of the series does not move (definition D17).
-- One row per week and developer in its window.
with hello_worlds as (

    select
        *,
        {{ days_after('cohort_week', 7 * var('ttfhw_window_weeks')) }}
            as window_end
    from {{ ref('int_hello_worlds') }}
    where is_in_distribution

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

windows as (

    select
        weeks.week_start,
        hello_worlds.developer_id,
        hello_worlds.clock_start_at,
        hello_worlds.event_at,
        hello_worlds.censoring_deletion_at,
        least(weeks.week_ends_at, hello_worlds.watermark_at) as watched_until
    from weeks
    inner join hello_worlds
        on
            weeks.week_start >= hello_worlds.cohort_week
            and weeks.week_start < hello_worlds.window_end

),

observed as (

    select
        week_start,
        developer_id,
        clock_start_at,
        watched_until,
        coalesce(event_at <= watched_until, false) as is_converted,
        least(
            coalesce(event_at, censoring_deletion_at, watched_until), watched_until
        ) as clock_stop_at,
        -- Who said hello or is waiting was watched to the end, who left only until
        -- then.
        least(coalesce(censoring_deletion_at, watched_until), watched_until)
            as observed_until
    from windows
    where clock_start_at <= watched_until

),

timed as (

    select
        week_start,
        developer_id,
        is_converted,
        greatest({{ seconds_between('clock_start_at', 'clock_stop_at') }}, 0)
            as duration_seconds,
        {{ seconds_between('clock_start_at', 'observed_until') }} as observed_seconds
    from observed

)

select * from timed
