-- CloudTrail's events in the shape that every log source takes.
-- One row per delivered event. CloudTrail names an error where HTTP has a status: what
-- authentication or authorisation refused becomes 403, any other error 400.
with source as (

    select * from {{ source('cloudtrail', 'events') }}

),

renamed as (

    select
        event_id as request_id,
        token_id,
        cast(null as {{ dbt.type_string() }}) as application_id,
        client_ip_hash,
        _file_hash as file_hash,

        cast(null as {{ dbt.type_string() }}) as method,
        cast(null as {{ dbt.type_string() }}) as path,
        event_source || ':' || event_name as endpoint,
        {{ part_of('event_source', '.', 1) }} as api,
        cast(null as {{ dbt.type_string() }}) as environment,
        user_agent,
        cast(null as {{ dbt.type_string() }}) as client_country,
        {{ content_hash([
            'event_id', 'event_time', 'token_id', 'token_prefix', 'issued_token_id',
            'identity_type', 'principal_hash', 'account_id', 'event_type', 'event_source',
            'event_name', 'aws_region', 'error_code', 'user_agent', 'client_ip_hash',
        ]) }} as content_hash,

        case
            when error_code is null then 200
            when lower(error_code) like '%accessdenied%' then 403
            when lower(error_code) like '%unauthorized%' then 403
            when lower(error_code) like '%invalidclienttokenid%' then 403
            when lower(error_code) like '%signaturedoesnotmatch%' then 403
            when lower(error_code) like '%expiredtoken%' then 403
            when lower(error_code) like '%authfailure%' then 403
            else 400
        end as status_code,
        cast(null as {{ type_double() }}) as latency_ms,
        cast(null as {{ type_double() }}) as sample_rate,
        _row_number as file_row_number,

        cast(null as boolean) as is_success,

        event_time as requested_at,
        _landed_at as landed_at

    from source

)

select * from renamed
