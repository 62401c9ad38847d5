{#- Makes each source a relation that its name finds, at the start of a run. -#}
{% macro expose_sources() -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('expose_sources')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__expose_sources() -%}
    {{ not_supported('expose_sources') }}
{%- endmacro %}

{#- A source is a path below raw/, see external_location in its yml. -#}
{% macro duckdb__expose_sources() -%}
{%- endmacro %}

{#- Spark reads the Parquet files of raw/ in place. A table is made anew each time: its columns are those of
    the yml, and whatever was landed since is seen. -#}
{% macro spark__expose_sources() -%}
    {%- set types = {'varchar': 'string', 'integer': 'int'} -%}
    {%- set batches = env_var('NORTH_STAR_DATA', 'data') ~ '/raw/batches' -%}
    {%- for source in graph.sources.values() -%}
        {%- set relation = api.Relation.create(schema=source.schema, identifier=source.identifier) -%}
        {%- set columns = [] -%}
        {%- for column in source.columns.values() -%}
            {%- do columns.append(column.name ~ ' ' ~ types.get(column.data_type, column.data_type)) -%}
        {%- endfor -%}
        {%- if source.source_name != 'landing' -%}
            {%- do columns.extend(['_file_hash string', '_row_number bigint', '_landed_at timestamp']) -%}
        {%- endif -%}
        {%- do run_query('create schema if not exists ' ~ source.schema) -%}
        {%- do run_query('drop table if exists ' ~ relation) -%}
        {%- do run_query(
            'create table ' ~ relation ~ ' (' ~ columns | join(', ') ~ ') using parquet options (path "'
            ~ batches ~ '/*/' ~ source.source_name ~ '/' ~ source.name ~ '/*.parquet")'
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#- In a warehouse in the cloud the raw tables are its owner's: dbt finds them by their names. -#}
{% macro snowflake__expose_sources() -%}
{%- endmacro %}

{% macro bigquery__expose_sources() -%}
{%- endmacro %}

{% macro databricks__expose_sources() -%}
{%- endmacro %}

{% macro redshift__expose_sources() -%}
{%- endmacro %}
