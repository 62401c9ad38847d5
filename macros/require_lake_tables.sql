{#- Refuses a var that does not map tables of sources to tables of a lake. -#}
{% macro require_lake_tables(name) %}
    {%- if var(name) is not mapping -%}
        {%- do refuse_value(name, 'a map, such as {api_gateway.api_requests: lake.gateway_log} or {}') -%}
    {%- endif -%}
    {%- set tables = [] -%}
    {%- for source in graph.sources.values() if source.source_name != 'landing' -%}
        {%- do tables.append(source.source_name ~ '.' ~ source.name) -%}
    {%- endfor -%}
    {%- for table, lake_table in var(name).items() -%}
        {%- if table not in tables -%}
            {%- do refuse_value(name, 'a map of tables of the sources, which are ' ~ tables | join(', ')) -%}
        {%- endif -%}
        {%- if not modules.re.fullmatch('[A-Za-z0-9_]+[.][A-Za-z0-9_]+', lake_table | string) -%}
            {%- do refuse_value(name, 'a map to tables, each with its database, such as lake.gateway_log') -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
