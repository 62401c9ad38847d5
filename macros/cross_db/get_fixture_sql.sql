{#- The given rows of a unit test. dbt writes one select for each; that is a task for each on Spark, where a
    list of values is a single one. -#}
{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
    {{ return(adapter.dispatch('get_fixture_sql')(rows, column_name_to_data_types)) }}
{%- endmacro %}

{% macro default__get_fixture_sql(rows, column_name_to_data_types) -%}
    {{ not_supported('get_fixture_sql') }}
{%- endmacro %}

{% macro duckdb__get_fixture_sql(rows, column_name_to_data_types) -%}
    {{ return(dbt.get_fixture_sql(rows, column_name_to_data_types)) }}
{%- endmacro %}

{% macro spark__get_fixture_sql(rows, column_name_to_data_types) -%}
    {%- set types = {} -%}
    {%- if column_name_to_data_types -%}
        {%- do types.update(column_name_to_data_types) -%}
    {%- else -%}
        {%- set relation = defer_relation if defer_relation and not load_relation(this) else this -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if not rows or not types -%}
        {{ return(dbt.get_fixture_sql(rows, column_name_to_data_types)) }}
    {%- endif -%}
    select * from values
    {%- for row in rows -%}
        {%- set given = format_row(row, types) -%}
        {%- set values = [] -%}
        {%- for name, type in types.items() -%}
            {%- do values.append(given[name] if name in given else 'cast(null as ' ~ type ~ ')') -%}
        {%- endfor %}
        ({{ values | join(', ') }}){% if not loop.last %},{% endif %}
    {%- endfor %}
    as fixture ({{ types.keys() | join(', ') }})
{%- endmacro %}
