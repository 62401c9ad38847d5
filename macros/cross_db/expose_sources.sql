{#- Makes each source a relation that its name finds, at the start of a run; seeds read none. -#}
{% macro expose_sources() -%}
    {%- if execute and flags.WHICH != 'seed' -%}
        {{ return(adapter.dispatch('expose_sources')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__expose_sources() -%}
    {{ not_supported('expose_sources') }}
{%- endmacro %}

{#- A source is a path below raw/, see external_location in its yml. -#}
{% macro duckdb__expose_sources() -%}
    {%- if var('lake_tables') -%}
        {%- do refuse_value('lake_tables', 'empty on DuckDB, which reads what landing wrote') -%}
    {%- endif -%}
{%- endmacro %}

{#- A database for each source, in it a table or a view for each of its tables. Every table of a lake is checked
    before anything is replaced. -#}
{% macro spark__expose_sources() -%}
    {%- set lake_tables = var('lake_tables') -%}
    {%- set views = {} -%}
    {%- for source in graph.sources.values() -%}
        {%- set name = source.source_name ~ '.' ~ source.name -%}
        {%- if name in lake_tables -%}
            {%- do views.update({name: spark__view_of_lake_table(source, lake_tables[name])}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for source in graph.sources.values() -%}
        {%- set name = source.source_name ~ '.' ~ source.name -%}
        {%- do run_query('create schema if not exists ' ~ source.schema) -%}
        {%- set relation = adapter.get_relation(
            database=none, schema=source.schema, identifier=source.identifier
        ) -%}
        {%- if relation -%}
            {%- do adapter.drop_relation(relation) -%}
        {%- endif -%}
        {%- do run_query(views.get(name) or spark__table_of_landed_files(source)) -%}
    {%- endfor -%}
{%- endmacro %}

{#- Columns of a source's table and their types, with those that landing adds. -#}
{% macro spark__source_columns(source) -%}
    {%- set types = {'varchar': 'string', 'integer': 'int'} -%}
    {%- set columns = {} -%}
    {%- for column in source.columns.values() -%}
        {%- do columns.update({column.name: types.get(column.data_type, column.data_type)}) -%}
    {%- endfor -%}
    {%- for field in var('crm_custom_fields') -%}
        {%- set table = source.source_name ~ '.' ~ source.name -%}
        {%- if field.name.startswith(table ~ '.') -%}
            {%- do columns.setdefault(field.name[table | length + 1:], custom_type(field.type)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if source.source_meta.get('landing', {}).get('relations') -%}
        {%- do columns.update({'_source_relation': 'string'}) -%}
    {%- endif -%}
    {%- if source.source_name != 'landing' -%}
        {%- do columns.update(
            {'_file_hash': 'string', '_row_number': 'bigint', '_landed_at': 'timestamp'}
        ) -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}

{#- The Parquet files of raw/, read in place: a file that lacks a column has nothing in it. -#}
{% macro spark__table_of_landed_files(source) -%}
    {%- set data = env_var('NORTH_STAR_DATA', '') -%}
    {%- if not modules.re.match('/|[a-z0-9]+://', data) -%}
        {{ exceptions.raise_compiler_error(
            "NORTH_STAR_DATA is '" ~ data ~ "', but Spark's workers need the data folder as an absolute "
            ~ "path that all of them can read."
        ) }}
    {%- endif -%}
    create table {{ source.schema }}.{{ source.identifier }} (
        {%- for name, type in spark__source_columns(source).items() %}
        {{ adapter.quote(name) }} {{ type }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    )
    using parquet
    options (path "{{ data }}/raw/batches/*/{{ source.source_name }}/{{ source.name }}/*.parquet")
{%- endmacro %}

{#- A table that somebody else fills, in the shape of the source. What cannot be the contract's is refused
    here, before a model reads it. -#}
{% macro spark__view_of_lake_table(source, lake_table) -%}
    {%- set given = {} -%}
    {%- set parts = lake_table.split('.') -%}
    {%- set has_database = run_query("show schemas like '" ~ parts[0] ~ "'").rows | length > 0 -%}
    {%- set relation = adapter.get_relation(database=none, schema=parts[0], identifier=parts[1])
        if has_database -%}
    {%- if not relation -%}
        {%- do refuse_lake_table(source, lake_table, 'there is no such table') -%}
    {%- endif -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do given.update({column.name | lower: column.dtype | lower}) -%}
    {%- endfor -%}
    {%- set required = [] -%}
    {%- set is_log = 'event_time' in source.config.meta.get('landing', {}) -%}
    {%- for column in source.columns.values() -%}
        {%- set raw = column.config.meta.get('hash_of') or [] -%}
        {%- for secret in ([raw] if raw is string else raw) -%}
            {%- if secret in given and column.name not in given -%}
                {%- do refuse_lake_table(
                    source, lake_table, 'it has ' ~ secret ~ ', which is kept as a hash only: give it '
                    ~ column.name ~ ' instead, made by a keyed hash'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if column.config.meta.get('required') or (is_log and column.name == 'token_id') -%}
            {%- if column.name not in given -%}
                {%- do refuse_lake_table(source, lake_table, 'it has no column ' ~ column.name) -%}
            {%- endif -%}
            {%- do required.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set selected = [] -%}
    {%- for name, type in spark__source_columns(source).items() -%}
        {%- if name in given -%}
            {%- if not spark__holds(given[name], type) -%}
                {%- do refuse_lake_table(
                    source, lake_table, 'its column ' ~ name ~ ' is ' ~ given[name] ~ ' and has to be '
                    ~ type ~ ': cast it in a view'
                ) -%}
            {%- endif -%}
            {%- set quoted = adapter.quote(name) -%}
            {%- do selected.append('cast(' ~ quoted ~ ' as ' ~ type ~ ') as ' ~ quoted) -%}
        {%- elif name == '_landed_at' -%}
            {#- Against clocks that run ahead: what is there when a run starts has arrived. -#}
            {%- do selected.append(
                "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp) as " ~ name
            ) -%}
        {%- elif name == '_source_relation' -%}
            {%- do selected.append("'" ~ source.source_name ~ "' as " ~ name) -%}
        {%- else -%}
            {%- do selected.append('cast(null as ' ~ type ~ ') as ' ~ adapter.quote(name)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do spark__refuse_lake_rows(source, lake_table, required, is_log) -%}
    create view {{ source.schema }}.{{ source.identifier }} as
    select {{ selected | join(', ') }} from {{ lake_table }}
{%- endmacro %}

{#- Whether every value of one type is one of another, too. -#}
{% macro spark__holds(given, wanted) -%}
    {%- set holds = {
        'string': ['varchar.*', 'char.*'],
        'timestamp': ['timestamp_ntz'],
        'bigint': ['int', 'smallint', 'tinyint'],
        'int': ['smallint', 'tinyint'],
        'double': ['float', 'bigint', 'int', 'smallint', 'tinyint', 'decimal.*'],
    } -%}
    {{ return(given == wanted or modules.re.fullmatch(holds.get(wanted, []) | join('|'), given) is not none) }}
{%- endmacro %}

{#- A log's row without a required value is counted as malformed; of a registry it would be nobody's. A token_id
    that looks like an API key is one: only some are looked at, it is the mistake of a column. -#}
{% macro spark__refuse_lake_rows(source, lake_table, required, is_log) -%}
    {%- if required and not is_log -%}
        {%- set missing = run_query(
            'select count(*) from ' ~ lake_table ~ ' where ' ~ required | join(' is null or ') ~ ' is null'
        ).columns[0].values()[0] -%}
        {%- if missing -%}
            {%- do refuse_lake_table(
                source, lake_table, missing ~ ' of its rows have no ' ~ required | join(' or no ')
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if 'token_id' in source.columns and 'token_id' in required -%}
        {%- set keys = run_query(
            'select count(*) from (select token_id from ' ~ lake_table ~ ' limit 10000) as some where token_id'
            ~ " rlike '^(sk|pk|rk|api|key|gh[pousr]|glpat|xox[a-z])[_-]|^(bearer|basic) |^eyJ|^AIza'"
        ).columns[0].values()[0] -%}
        {%- if keys -%}
            {%- do refuse_lake_table(
                source, lake_table, 'its token_id looks like a raw API key: put a keyed hash there'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- In a warehouse in the cloud the raw tables are its owner's: dbt finds them by the names of the sources. -#}
{% macro snowflake__expose_sources() -%}
    {{ own_tables_only() }}
{%- endmacro %}

{% macro bigquery__expose_sources() -%}
    {{ own_tables_only() }}
{%- endmacro %}

{#- Without this one it would be Spark's. -#}
{% macro databricks__expose_sources() -%}
    {{ own_tables_only() }}
{%- endmacro %}

{% macro redshift__expose_sources() -%}
    {{ own_tables_only() }}
{%- endmacro %}

{% macro own_tables_only() -%}
    {%- if var('lake_tables') -%}
        {%- do refuse_value(
            'lake_tables', 'empty on ' ~ target.type ~ ', where sources are found by their names'
        ) -%}
    {%- endif -%}
{%- endmacro %}
