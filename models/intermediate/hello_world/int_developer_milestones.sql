-- What each developer has reached, up to the watermark (definitions D14, D15). Hello
-- world is the first qualified or sandbox request on an endpoint that qualifies.
-- One row per developer who is not internal.
with developers as (

    select * from {{ ref('int_developers') }}
    where not is_internal

),

watermark as (

    select * from {{ ref('int_watermark') }}

),

accepted_days as (

    select token_days.*
    from {{ ref('int_token_days') }} as token_days
    cross join watermark
    where
        token_days.outcome not in ('malformed', 'duplicate')
        and token_days.first_requested_at <= watermark.watermark_at

),

first_requests as (

    select
        developer_id,
        min(first_requested_at) as first_request_at,
        min(case when outcome in ('qualified', 'sandbox') then first_requested_at end)
            as first_success_at,
        min(first_hello_world_at) as hello_world_at,
        min(case when outcome = 'qualified' then first_requested_at end)
            as first_production_success_at
    from accepted_days
    group by developer_id

),

first_tokens as (

    select
        tokens.first_developer_id as developer_id,
        min(tokens.created_at) as first_token_created_at
    from {{ ref('int_tokens') }} as tokens
    inner join watermark
        on tokens.created_at <= watermark.watermark_at
    group by tokens.first_developer_id

),

nth_successes as (

    select * from {{ ref('int_nth_production_successes') }}

),

reached as (

    select
        developers.developer_id,
        developers.first_docs_visit_at,
        developers.signed_up_at,
        developers.deleted_at,
        first_tokens.first_token_created_at,
        first_requests.first_request_at,
        first_requests.first_success_at,
        case
            when first_requests.hello_world_at <= watermark.watermark_at
                then first_requests.hello_world_at
        end as hello_world_at,
        first_requests.first_production_success_at,
        case
            when nth_successes.nth_production_success_at <= watermark.watermark_at
                then nth_successes.nth_production_success_at
        end as nth_production_success_at,
        watermark.first_accepted_at,
        watermark.watermark_at
    from developers
    cross join watermark
    left join first_requests
        on developers.developer_id = first_requests.developer_id
    left join first_tokens
        on developers.developer_id = first_tokens.developer_id
    left join nth_successes
        on developers.developer_id = nth_successes.developer_id

)

select * from reached
