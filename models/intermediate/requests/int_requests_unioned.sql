-- The only place where the logs of several sources meet.
-- One row per logged request.
{% set request_columns = [
    'request_id', 'token_id', 'application_id', 'client_ip_hash', 'method', 'path',
    'endpoint', 'api', 'environment', 'user_agent', 'client_country', 'status_code',
    'latency_ms', 'sample_rate', 'is_success', 'requested_at',
] %}
with unioned as (

    {% for log_source in log_sources() %}
    select
        '{{ log_source }}' as source,
        {{ request_columns | join(',\n        ') }},
        content_hash,
        file_hash,
        file_row_number,
        landed_at
    from {{ ref('stg_' ~ log_source ~ '__api_requests') }}
    {% if not loop.last %}union all{% endif %}
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
