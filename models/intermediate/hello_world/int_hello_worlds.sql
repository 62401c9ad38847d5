-- The clock of each developer: when it started, whether and when hello world stopped
-- it, and until when it was watched (definitions D14 to D18). A developer without a
-- hello world is censored, not absent.
-- One row per developer who is not internal.
{% set clock_starts = {
    'sign_up': 'least(signed_up_at, coalesce(first_token_created_at, signed_up_at))',
    'docs_visit': 'first_docs_visit_at',
    'first_token': 'first_token_created_at',
    'first_request': 'first_request_at',
} %}
with milestones as (

    select * from {{ ref('int_developer_milestones') }}

),

started as (

    select
        *,
        {{ clock_starts[var('ttfhw_clock_start')] }} as clock_start_at,
        -- A deletion counts only where it comes before the hello world and the end of
        -- watching.
        case
            when
                deleted_at <= watermark_at
                and (hello_world_at is null or deleted_at < hello_world_at)
                then deleted_at
        end as censoring_deletion_at,
        coalesce(signed_up_at < first_accepted_at, false) as is_left_truncated
    from milestones

),

stopped as (

    select
        *,
        case
            when hello_world_at is not null and censoring_deletion_at is null
                then hello_world_at
        end as event_at,
        coalesce(censoring_deletion_at, hello_world_at, watermark_at) as clock_stop_at
    from started

),

timed as (

    select
        *,
        {{ seconds_between('clock_start_at', 'clock_stop_at') }} as seconds_on_clock
    from stopped

),

judged as (

    select
        *,
        case
            when clock_start_at is null or clock_start_at > watermark_at
                then 'not_yet_observed'
            when seconds_on_clock < -{{ var('clock_skew_tolerance_seconds') }}
                then 'anomaly'
            when seconds_on_clock < 0 then 'clamped'
            else 'ok'
        end as status
    from timed
    -- Without a single accepted row nobody is being watched yet.
    where watermark_at is not null

)

select
    *,
    status <> 'not_yet_observed' and event_at is not null as is_converted,
    case
        when status not in ('ok', 'clamped') or event_at is not null then null
        when censoring_deletion_at is not null then 'deleted'
        else 'waiting'
    end as censor_reason,
    case
        when status in ('ok', 'clamped') then greatest(seconds_on_clock, 0)
    end as duration_seconds,
    status in ('ok', 'clamped')
    {%- if var('exclude_left_truncated') %} and not is_left_truncated{% endif %}
        as is_in_distribution,
    {{ week_start(reporting_date('signed_up_at')) }} as cohort_week
from judged
