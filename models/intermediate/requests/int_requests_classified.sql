-- Gives every logged request exactly one outcome, the first that applies (definitions
-- D6, D7). What "qualified" means stands here and nowhere else.
-- One row per logged request.
with requests as (

    select * from {{ ref('int_requests_described') }}

),

classified as (

    select
        source,
        token_id,
        developer_id,
        developer_number,
        client_ip_hash,
        api,
        sdk,
        client_number,
        sample_rate,
        requested_at,
        event_date,
        status_code,
        endpoint,
        is_successful,
        case
            when is_malformed then 'malformed'
            when is_duplicate then 'duplicate'
            when token_id is null then 'no_token'
            when status_code in (401, 403) then 'failed_authentication'
            when not is_successful then 'unsuccessful'
            when is_internal then 'internal'
            when is_synthetic then 'synthetic'
            when is_bot then 'bot'
            when is_sandbox then 'sandbox'
            else 'qualified'
        end as outcome,
        is_hello_world_endpoint,
        -- The time of a malformed row may be what is wrong with it.
        case
            when not is_malformed then {{ reporting_date('requested_at') }}
        end as activity_date
    from requests

)

select * from classified
