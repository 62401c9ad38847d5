{#- Copies the marts of an audited build into a schema that nobody reads yet, and writes the table publication
    beside them, last: a schema without it was never finished. Logs what it wrote as JSON.

    name: of the publication, in characters that a schema's name may have
    marts: of each its schema and name (`relation`) in the build, its `name` as published, its `comment` and those of
        its `columns` by their names
    watermark: schema and name of the table that holds the build's
    publication: the other values of the table publication -#}
{% macro copy_marts(name, marts, watermark, publication) -%}
    {{ return(adapter.dispatch('copy_marts')(name, marts, watermark, publication)) }}
{%- endmacro %}

{% macro default__copy_marts(name, marts, watermark, publication) -%}
    {{ not_supported('copy_marts') }}
{%- endmacro %}

{% macro spark__copy_marts(name, marts, watermark, publication) -%}
    {%- set place = publication_schema(name) -%}
    {%- for row in run_query("show schemas like '" ~ publication_schema('*') ~ "'") -%}
        {%- if row[0] == place or not run_query('show tables in ' ~ row[0] ~ " like 'publication'").rows -%}
            {#- With what an interrupted copy left in the schema's folder. -#}
            {%- do run_query('drop schema ' ~ row[0] ~ ' cascade') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do run_query('create schema ' ~ place) -%}
    {%- set counts = [] -%}
    {%- for mart in marts -%}
        {%- set built = api.Relation.create(schema=mart.schema, identifier=mart.relation) -%}
        {%- set copied = api.Relation.create(schema=place, identifier=mart.name) -%}
        {%- do run_query(spark__documented_table(copied, built, mart)) -%}
        {%- do run_query('insert into ' ~ copied ~ ' select * from ' ~ built) -%}
        {%- do counts.append(
            "select '" ~ mart.name ~ "' as mart, (select count(*) from " ~ built ~ ') as built, '
            ~ '(select count(*) from ' ~ copied ~ ') as copied'
        ) -%}
    {%- endfor -%}
    {%- for row in run_query(counts | join(' union all ')) -%}
        {%- if row['built'] != row['copied'] -%}
            {{ exceptions.raise_compiler_error(
                'The copy of ' ~ row['mart'] ~ ' has ' ~ row['copied'] ~ ' rows, the build ' ~ row['built'] ~ '.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- do run_query(spark__publication_table(place, watermark | join('.'), publication)) -%}
    {%- set week = run_query(spark__as_json(
        '(select * from ' ~ place ~ ".fct_north_star_weekly where week_status = 'final' "
        ~ 'order by week_start desc limit 1)'
    )) -%}
    {%- set values = run_query(spark__as_json(
        '(select * from ' ~ place ~ ".fct_weekly_values where week_status = 'final')"
    )) -%}
    {%- do log(tojson({
        'schema': place,
        'publication': fromjson(run_query(spark__as_json(place ~ '.publication')).rows[0][0]),
        'latest_final_week': fromjson(week.rows[0][0]) if week.rows else none,
        'final_values': fromjson('[' ~ values.columns[0].values() | join(', ') ~ ']'),
    })) -%}
{%- endmacro %}

{#- A view on the table has its comments. -#}
{% macro spark__documented_table(table, built, mart) -%}
    create table {{ table }} (
        {%- for column in adapter.get_columns_in_relation(built) %}
        {{ adapter.quote(column.name) }} {{ column.dtype }}
        comment {{ spark__text(mart.columns.get(column.name, '')) }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    )
    using parquet
    comment {{ spark__text(mart.comment) }}
{%- endmacro %}

{#- The same columns and types as on DuckDB. -#}
{% macro spark__publication_table(place, watermark, publication) -%}
    create table {{ place }}.publication using parquet as
    select
        {{ spark__text(publication.run_id) }} as run_id,
        {{ spark__text(publication.git_commit) }} as git_commit,
        {{ spark__text(publication.dbt_invocation_id) }} as dbt_invocation_id,
        cast({{ spark__text(publication.published_at) }} as timestamp) as published_at,
        (select cast(watermark_at as timestamp) from {{ watermark }}) as watermark,
        cast({{ publication.checks_run }} as bigint) as checks_run,
        cast({{ publication.checks_passed }} as bigint) as checks_passed,
        {{ spark__text(publication.contract_version) }} as contract_version,
        cast({{ publication.is_sample }} as boolean) as is_sample
{%- endmacro %}

{% macro spark__text(value) -%}
    {%- if value is none -%}
        cast(null as string)
    {%- else -%}
        '{{ value | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}

{% macro spark__as_json(rows) -%}
    select to_json(struct(*), map('ignoreNullFields', 'false')) as json from {{ rows }}
{%- endmacro %}
