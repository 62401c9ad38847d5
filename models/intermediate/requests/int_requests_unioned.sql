-- The only place where the logs of several sources meet. A request without a route
-- template is judged by its path; it comes from a select of its own, so that paths are
-- read for nobody else.
-- One row per logged request.
{% set request_columns = [
    'request_id', 'token_id', 'application_id', 'client_ip_hash', 'method', 'path',
    'endpoint', 'api', 'environment', 'user_agent', 'client_country', 'status_code',
    'latency_ms', 'sample_rate', 'is_success', 'requested_at',
] -%}
{% set endpoints = {
    'endpoint is not null': 'endpoint',
    'endpoint is null': "coalesce(path, '')",
} -%}
with unioned as (

    {% for log_source in log_sources() -%}
    {% set is_last_source = loop.last -%}
    {% for condition, judged_endpoint in endpoints.items() -%}
    select
        '{{ log_source }}' as source,
        {{ request_columns | join(',\n        ') }},
        {{ judged_endpoint }} as judged_endpoint,
        content_hash,
        file_hash,
        file_row_number,
        landed_at
    from {{ ref('stg_' ~ log_source ~ '__api_requests') }}
    where {{ condition }}
    {% if not (loop.last and is_last_source) %}union all
    {% endif -%}
    {% endfor -%}
    {% endfor %}

){% if var('dev_last_weeks') > 0 %},

recent as (

    select *
    from unioned
    where requested_at >= (
        select {{ days_after('max(requested_at)', -7 * var('dev_last_weeks')) }}
        from unioned
        -- A clock that runs ahead is not the newest row.
        where requested_at <= {{ days_after('landed_at', 1) }}
    )

){% endif %}

select * from {{ 'recent' if var('dev_last_weeks') > 0 else 'unioned' }}
