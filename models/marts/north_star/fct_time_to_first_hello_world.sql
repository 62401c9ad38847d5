-- Time to first hello world, right-censored: who has not made it yet is waiting, not
-- absent (definitions D14 to D18).
-- One row per developer who is not internal.
with hello_worlds as (

    select
        *,
        {{ seconds_between('first_docs_visit_at', 'signed_up_at') }}
            as docs_to_sign_up_seconds,
        {{ seconds_between('signed_up_at', 'first_token_created_at') }}
            as sign_up_to_token_seconds,
        {{ seconds_between('first_token_created_at', 'first_request_at') }}
            as token_to_first_request_seconds,
        {{ seconds_between('first_request_at', 'hello_world_at') }}
            as first_request_to_hello_world_seconds,
        {{ seconds_between('hello_world_at', 'first_production_success_at') }}
            as hello_world_to_production_seconds
    from {{ ref('int_hello_worlds') }}

),

sign_ups as (

    select * from {{ ref('int_sign_ups') }}

),

failed_attempts as (

    select * from {{ ref('int_failed_attempts') }}

),

described as (

    select
        hello_worlds.developer_id,
        sign_ups.company_id,
        hello_worlds.clock_start_at,
        hello_worlds.hello_world_at,
        hello_worlds.duration_seconds,
        hello_worlds.is_converted,
        hello_worlds.censor_reason,
        hello_worlds.status,
        hello_worlds.is_in_distribution,
        hello_worlds.first_docs_visit_at,
        hello_worlds.signed_up_at,
        hello_worlds.first_token_created_at,
        hello_worlds.first_request_at,
        hello_worlds.first_success_at,
        hello_worlds.first_production_success_at,
        hello_worlds.nth_production_success_at,
        hello_worlds.docs_to_sign_up_seconds,
        hello_worlds.sign_up_to_token_seconds,
        hello_worlds.token_to_first_request_seconds,
        hello_worlds.first_request_to_hello_world_seconds,
        hello_worlds.hello_world_to_production_seconds,
        coalesce(failed_attempts.failed_attempts, 0) as failed_attempts,
        failed_attempts.last_failed_status_code as last_error_status_code,
        {{ without_address('failed_attempts.last_failed_endpoint') }}
            as last_error_endpoint,
        failed_attempts.last_failed_at as last_error_at,
        sign_ups.channel,
        sign_ups.company_size_band,
        sign_ups.industry,
        sign_ups.plan,
        sign_ups.country,
        sign_ups.github_stars_band,
        sign_ups.sdk,
        sign_ups.language,
        sign_ups.client_kind,
        sign_ups.is_greenfield,
        hello_worlds.is_left_truncated,
        hello_worlds.cohort_week
    from hello_worlds
    inner join sign_ups
        on hello_worlds.developer_id = sign_ups.developer_id
    left join failed_attempts
        on hello_worlds.developer_id = failed_attempts.developer_id

)

select * from described
