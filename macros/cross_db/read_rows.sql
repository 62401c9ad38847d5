{#- Asks what is published, and logs the rows of each answer as JSON, by the name of the question.

    queries: SQL by name -#}
{% macro read_rows(queries) -%}
    {{ return(adapter.dispatch('read_rows')(queries)) }}
{%- endmacro %}

{% macro default__read_rows(queries) -%}
    {{ not_supported('read_rows') }}
{%- endmacro %}

{% macro spark__read_rows(queries) -%}
    {%- set answers = {} -%}
    {%- for name, query in queries.items() -%}
        {%- set rows = run_query(spark__as_json('(' ~ query ~ ')')) -%}
        {%- do answers.update({name: fromjson('[' ~ rows.columns[0].values() | join(', ') ~ ']')}) -%}
    {%- endfor -%}
    {%- do log(tojson(answers)) -%}
{%- endmacro %}
