-- The sign-ups as metrics count them: in which week each counts, as a sign-up and as a
-- hello world, and for how long it was watched (definitions D17, D27).
-- One row per developer who is not internal.
with developers as (

    select * from {{ ref('fct_time_to_first_hello_world') }}

),

watermark as (

    select max(described_at) as watermark_at from {{ ref('dim_weeks') }}

),

dated as (

    select
        developers.*,
        watermark.watermark_at,
        cast({{ month_start(reporting_date('developers.signed_up_at')) }} as date)
            as sign_up_month_date,
        {{ week_start(reporting_date('developers.hello_world_at')) }}
            as hello_world_week_date
    from developers
    cross join watermark

),

counted as (

    select
        developer_id,
        company_id,
        case when signed_up_at <= watermark_at then cohort_week end
            as sign_up_week_date,
        case when is_converted then hello_world_week_date end as hello_world_week_date,
        cohort_week,
        sign_up_month_date,
        is_in_distribution,
        is_converted,
        duration_seconds,
        -- Who said hello is watched to the watermark, who waits or has left until then.
        case
            when is_converted
                then {{ seconds_between('clock_start_at', 'watermark_at') }}
            else duration_seconds
        end as observed_seconds,
        status,
        channel,
        company_size_band,
        industry,
        plan,
        country,
        github_stars_band,
        sdk,
        language,
        client_kind,
        case
            when is_greenfield then 'greenfield'
            when not is_greenfield then 'joining'
            else 'unknown'
        end as greenfield,
        is_left_truncated
    from dated

)

select * from counted
