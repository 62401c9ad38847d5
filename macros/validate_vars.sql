{#- Stops a run at its start where a var cannot mean anything, in one sentence that names it. -#}
{% macro validate_vars() %}
    {%- if execute -%}
        {%- do require_known_vars() -%}
        {%- do require_sources('log_sources') -%}
        {%- do require_sources('required_log_sources') -%}
        {%- if not var('log_sources') -%}
            {%- do refuse_value('log_sources', 'at least one log source') -%}
        {%- endif -%}
        {%- for log_source in var('required_log_sources') -%}
            {%- if log_source not in var('log_sources') -%}
                {%- do refuse_value(
                    'required_log_sources', 'only sources that log_sources lists ('
                    ~ var('log_sources') | join(', ') ~ ')'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do require_crm_sources('crm_sources') -%}
        {%- do require_crm_trust_order('crm_trust_order') -%}
        {%- do require_custom_fields('crm_custom_fields') -%}
        {%- do require_lake_tables('lake_tables') -%}
        {%- do require_one_of('week_start_day', ['monday', 'sunday']) -%}
        {%- do require_one_of(
            'ttfhw_clock_start', ['sign_up', 'docs_visit', 'first_token', 'first_request']
        ) -%}
        {%- do require_one_of('exclude_left_truncated', [true, false]) -%}
        {%- do require_status_codes('extra_success_status_codes') -%}
        {%- do require_past_date('tracking_starts_at') -%}
        {%- do require_weeks('rebuild_weeks') -%}
        {%- do require_whole_number('late_allowance_days', 0) -%}
        {%- do require_whole_number('min_qualified_requests', 1) -%}
        {%- do require_whole_number('rotation_window_days', 0) -%}
        {%- do require_whole_number('shared_token_addresses', 2) -%}
        {%- do require_whole_number('shared_token_sdks', 2) -%}
        {%- do require_whole_number('clock_skew_tolerance_seconds', 0) -%}
        {%- do require_whole_number('nth_production_success', 1) -%}
        {%- do require_whole_number('ttfhw_window_weeks', 1) -%}
        {%- do require_whole_number('small_sample_size', 1) -%}
        {%- do require_whole_number('sdk_window_days', 1) -%}
        {%- do require_whole_number('ttfhw_exact_size', 0) -%}
        {%- do require_whole_number('ttfhw_curve_points', 1) -%}
        {%- do require_whole_number('funnel_days', 1) -%}
        {%- do require_whole_number('stuck_after_days', 0) -%}
        {%- do require_whole_number('noise_weeks', 2) -%}
        {%- do require_whole_number('least_noise_weeks', 2) -%}
        {%- do require_number('noise_deviations', 0, none) -%}
        {%- do require_number('explained_share', 0, 1) -%}
        {%- do require_number('least_explained_share', 0, 1) -%}
        {%- do require_number('max_reject_rate', 0, 1) -%}
        {%- do require_whole_number('volume_weeks', 1) -%}
        {%- do require_whole_number('least_volume_weeks', 1) -%}
        {%- do require_number('volume_deviations', 0, none) -%}
        {%- do require_number('least_volume_change', 0, 1) -%}
        {%- do require_number('max_late_rate', 0, 1) -%}
        {%- do require_number('least_resolved_rate', 0, 1) -%}
        {%- do require_whole_number('silent_after_weeks', 1) -%}
        {%- do require_whole_number('lost_after_weeks', var('silent_after_weeks')) -%}
        {%- do require_whole_number('scorecard_baseline_weeks', 1) -%}
        {%- do require_whole_number('smallest_rise', 1) -%}
        {%- do require_number('rise_deviations', 0, none) -%}
        {%- do require_whole_number('dev_last_weeks', 0) -%}
        {%- do require_whole_number('landing_quiet_seconds', 0) -%}
        {%- do require_whole_number('raw_retention_days', 0) -%}
        {%- do require_whole_number('kept_publications', 1) -%}
        {%- do require_whole_number('batch_requests', 1) -%}
        {%- if var('reporting_timezone') not in modules.pytz.all_timezones_set -%}
            {%- do refuse_value(
                'reporting_timezone', 'an IANA time zone such as Europe/Berlin'
            ) -%}
        {%- endif -%}
        {%- if var('dev_last_weeks') > 0 and target.name != 'dev' -%}
            {{ exceptions.raise_compiler_error(
                'var dev_last_weeks is ' ~ var('dev_last_weeks') ~ ' on target '
                ~ target.name ~ ', but only the dev target may leave logs out; set it to 0.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
