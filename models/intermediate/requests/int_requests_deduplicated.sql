-- Finds the rows that are no request of their own: malformed ones and duplicates
-- (definitions D7, D20).
-- One row per logged request.
{% set listed = sources_with_repeats() -%}
{% set unlisted = log_sources() | reject('in', listed) | list -%}
{% set quoted_listed = "'" ~ listed | join("', '") ~ "'" -%}
{% set quoted_unlisted = "'" ~ unlisted | join("', '") ~ "'" -%}
{% set parts = (['compared'] if listed else []) + (['judged'] if unlisted else []) -%}
with requests as (

    select
        *,
        cast(requested_at as date) as event_date,
        {{ is_malformed_request() }} as is_malformed
    from {{ ref('int_requests_unioned') }}

),

duplicates as (

    select * from {{ ref('int_duplicate_requests') }}

),

{% if listed -%}
compared as (

    select
        requests.*,
        duplicates.file_hash is not null as is_duplicate
    from requests
    left join duplicates
        on
            requests.file_hash = duplicates.file_hash
            and requests.file_row_number = duplicates.file_row_number
    where requests.source in ({{ quoted_listed }})

),

{% endif -%}
{% if unlisted -%}
-- Nobody has listed what is repeated here.
unlisted as (

    select * from requests
    where source in ({{ quoted_unlisted }})

),

placed as (

    {{ places_among_duplicates('unlisted') }}

),

judged as (

    select
        *,
        place_among_duplicates > 1 as is_duplicate
    from placed

),

{% endif -%}
combined as (

    {% for part in parts -%}
    select
        source,
        token_id,
        client_ip_hash,
        endpoint,
        judged_endpoint,
        api,
        environment,
        user_agent,
        status_code,
        sample_rate,
        is_success,
        requested_at,
        event_date,
        is_malformed,
        is_duplicate
    from {{ part }}
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select * from combined
