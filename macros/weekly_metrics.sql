{#- The numbers of fct_north_star_weekly that are compared with what was published before, each with the rows that it
    is counted from: requests of the week, requests up to its end (where the past counts too), records of the
    registry, or page views. -#}
{% macro weekly_metrics() %}
    {{ return({
        'weekly_active_tokens': 'requests',
        'weekly_active_token_lineages': 'requests',
        'weekly_active_developers': 'requests',
        'weekly_active_companies': 'requests',
        'qualified_requests': 'requests',
        'resolved_tokens_rate': 'requests',
        'new_sign_ups': 'records',
        'tokens_created': 'records',
        'page_views': 'page_views',
        'hello_worlds': 'requests_until_then',
        'ttfhw_p50_seconds': 'requests_until_then',
        'converted_24h_rate': 'requests_until_then',
        'converted_7d_rate': 'requests_until_then',
        'wat_change': 'requests_until_then',
        'wac_change': 'requests_until_then',
        'quick_ratio': 'requests_until_then',
    }) }}
{% endmacro %}
