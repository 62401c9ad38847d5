-- The gateway's log in the shape that every log source takes.
-- One row per logged request.
with source as (

    select * from {{ source('api_gateway', 'api_requests') }}

),

renamed as (

    select
        request_id,
        token_id,
        application_id,
        client_ip_hash,
        _file_hash as file_hash,

        upper(method) as method,
        path,
        endpoint,
        api,
        lower(trim(environment)) as environment,
        user_agent,
        client_country,
        {{ content_hash([
            'request_id', 'token_id', 'application_id', 'client_ip_hash', 'method', 'path',
            'endpoint', 'api', 'environment', 'user_agent', 'client_country',
            'status_code', 'is_success', 'requested_at',
        ], fractions=['latency_ms', 'sample_rate']) }} as content_hash,

        status_code,
        latency_ms,
        sample_rate,
        _row_number as file_row_number,

        is_success,

        requested_at,
        _landed_at as landed_at

    from source

)

select * from renamed
