{#- The names of all vars in dbt_project.yml, which dbt does not tell: a var on the command line that is none
    of them is a slip of the pen. tests/macros/test_vars.py holds the two lists equal. -#}
{% macro known_vars() %}
    {{ return([
        'log_sources',
        'required_log_sources',
        'crm_sources',
        'crm_trust_order',
        'crm_custom_fields',
        'lake_tables',
        'week_start_day',
        'reporting_timezone',
        'late_allowance_days',
        'tracking_starts_at',
        'min_qualified_requests',
        'extra_success_status_codes',
        'rotation_window_days',
        'shared_token_addresses',
        'shared_token_sdks',
        'ttfhw_clock_start',
        'clock_skew_tolerance_seconds',
        'exclude_left_truncated',
        'nth_production_success',
        'ttfhw_window_weeks',
        'landing_quiet_seconds',
        'max_reject_rate',
        'raw_retention_days',
        'dev_last_weeks',
    ]) }}
{% endmacro %}
