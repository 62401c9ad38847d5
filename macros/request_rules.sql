{#- What the request path is computed by, with a hash of each: its models and lists, the vars, and the macros, as they
    are rendered now. What a registry or a CRM says is no rule: int_token_owners tells what it changes. -#}
{% macro request_rules() -%}
    {%- set nodes = graph.get('nodes', {}) -%}
    {%- set found = [] -%}
    {%- for name in ['int_token_days', 'int_requests_looked_into'] -%}
        {%- do found.append('model.' ~ project_name ~ '.' ~ name) -%}
    {%- endfor -%}
    {%- set rules = {} -%}
    {#- Grows while it is walked through. -#}
    {%- for unique_id in found if unique_id in nodes -%}
        {%- set node = nodes[unique_id] -%}
        {%- do rules.update({node.resource_type ~ ' ' ~ node.name: node.checksum.checksum}) -%}
        {%- for parent in node.depends_on.get('nodes', []) -%}
            {%- set name = parent.split('.')[-1] -%}
            {%- if parent not in found and name not in own_inputs() -%}
                {%- do found.append(parent) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name in [
        'log_sources', 'lake_tables', 'dev_last_weeks', 'week_start_day', 'reporting_timezone',
        'tracking_starts_at', 'extra_success_status_codes', 'nth_production_success',
    ] -%}
        {%- do rules.update({'var ' ~ name: local_md5(tojson(var(name)))}) -%}
    {%- endfor -%}
    {%- set rendered = {
        'any_true': any_true('x'), 'content_hash': content_hash(['x'], ['y']), 'days_after': days_after('x', 1),
        'described_requests': described_requests('u', 'v', 'w', 'x', 'y', 'z'),
        'is_malformed_request': is_malformed_request(), 'millionths': millionths('x'),
        'monday_of': monday_of('x'), 'part_of': part_of('x', 'y', 1),
        'places_among_duplicates': places_among_duplicates('x'), 'reporting_date': reporting_date('x'),
        'sources_with_repeats': tojson(sources_with_repeats()), 'type_double': type_double(),
        'utc_to_zone': utc_to_zone('x', 'y'), 'week_start': week_start('x'), 'with_outcome': with_outcome('x', 'y', 'z'),
    } -%}
    {%- for name, text in rendered.items() -%}
        {%- do rules.update({'macro ' ~ name: local_md5(text)}) -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}
