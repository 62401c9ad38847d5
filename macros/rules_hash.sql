{#- A hash of what a model is computed by: the models and lists that it is built from, as they stand in the project,
    and the vars. dbt does not tell a model of its macros: a change in one is not seen here. -#}
{% macro rules_hash(name) -%}
    {%- set nodes = graph.get('nodes', {}) -%}
    {%- set found = ['model.' ~ project_name ~ '.' ~ name] -%}
    {#- Grows while it is walked through. -#}
    {%- for unique_id in found -%}
        {%- for parent in nodes.get(unique_id, {}).get('depends_on', {}).get('nodes', []) -%}
            {%- if parent not in found and parent in nodes -%}
                {%- do found.append(parent) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set rules = {} -%}
    {%- for unique_id in found if unique_id in nodes -%}
        {%- do rules.update({unique_id: nodes[unique_id].checksum.checksum}) -%}
    {%- endfor -%}
    {#- What these vars move is no number, or shows in the rows. -#}
    {%- set without_effect = [
        'lake_tables', 'rebuild_weeks', 'batch_requests', 'landing_quiet_seconds', 'max_reject_rate', 'raw_retention_days',
        'kept_publications', 'silent_after_weeks', 'lost_after_weeks', 'scorecard_baseline_weeks', 'rise_deviations', 'smallest_rise',
        'volume_weeks', 'least_volume_weeks', 'volume_deviations', 'least_volume_change', 'max_late_rate', 'least_resolved_rate',
    ] -%}
    {%- for var_name in known_vars() if var_name not in without_effect -%}
        {%- do rules.update({'var.' ~ var_name: var(var_name)}) -%}
    {%- endfor -%}
    {{ return(local_md5(tojson(rules, sort_keys=true))) }}
{%- endmacro %}
