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
        end as event_at
    from started

),

read as (

    {{ read_clocks('stopped') }}

)

select
    *,
    {{ week_start(reporting_date('signed_up_at')) }} as cohort_week
from read
