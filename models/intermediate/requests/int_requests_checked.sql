-- Finds the rows that are no request of their own, as far as the logs tell: malformed
-- ones and, in logs whose repeats landing has not listed, duplicates (definitions D7,
-- D20). Those that it has listed stand in int_duplicate_requests.
-- One row per logged request.
{% set listed = sources_with_repeats() -%}
{% set unlisted = log_sources() | reject('in', listed) | list -%}
{% set quoted_listed = "'" ~ listed | join("', '") ~ "'" -%}
{% set quoted_unlisted = "'" ~ unlisted | join("', '") ~ "'" -%}
{% set parts = (['listed'] if listed else []) + (['compared'] if unlisted else []) -%}
with requests as (

    select
        *,
        cast(requested_at as date) as event_date,
        {{ is_malformed_request() }} as is_malformed
    from {{ ref('int_requests_unioned') }}

),

{% if listed -%}
listed as (

    select
        *,
        false as is_repeated
    from requests
    where source in ({{ quoted_listed }})

),

{% endif -%}
{% if unlisted -%}
unlisted as (

    select * from requests
    where source in ({{ quoted_unlisted }})

),

placed as (

    {{ places_among_duplicates('unlisted') }}

),

compared as (

    select
        *,
        place_among_duplicates > 1 as is_repeated
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
        file_hash,
        file_row_number,
        is_malformed,
        is_repeated
    from {{ part }}
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select * from combined
