-- Finds the rows that are no request of their own: malformed ones and duplicates
-- (definitions D7, D20).
-- One row per logged request.
with requests as (

    select * from {{ ref('int_requests_unioned') }}

),

checked as (

    select
        *,
        -- Nothing is known of a request without a time or a status.
        coalesce(
            requested_at > {{ days_after('landed_at', 1) }}
            or requested_at < cast('{{ var("tracking_starts_at") }}' as timestamp)
            or status_code not between 100 and 599,
            true
        ) as is_malformed
    from requests

),

identified as (

    select
        *,
        request_id as duplicate_key
    from checked
    where request_id is not null

),

-- Without an id, equal rows of one file are requests of their own, and the same rows in
-- the same number in another file are their second delivery.
unidentified as (

    select
        *,
        content_hash || ':' || cast(
            row_number() over (
                partition by source, file_hash, content_hash order by file_row_number
            ) as {{ dbt.type_string() }}
        ) as duplicate_key
    from checked
    where request_id is null

),

keyed as (

    select * from identified
    union all
    select * from unidentified

),

marked as (

    select
        *,
        row_number() over (
            partition by
                is_malformed, source, duplicate_key, cast(requested_at as date)
            order by requested_at, content_hash
        ) > 1 as is_duplicate
    from keyed

)

select * from marked
