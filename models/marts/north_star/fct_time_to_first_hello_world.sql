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

developer_companies as (

    select * from {{ ref('int_developer_companies') }}

),

described as (

    select
        hello_worlds.developer_id,
        at_sign_up.company_id,
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
        hello_worlds.is_left_truncated,
        hello_worlds.cohort_week
    from hello_worlds
    left join developer_companies as at_sign_up
        on
            hello_worlds.developer_id = at_sign_up.developer_id
            and hello_worlds.signed_up_at >= at_sign_up.valid_from
            and hello_worlds.signed_up_at < at_sign_up.valid_to

)

select * from described
