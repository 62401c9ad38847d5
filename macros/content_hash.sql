{#- One hash over the landed columns of a row. Rows are told apart and ties are broken by content, never by
    the order of arrival (definitions D13, D20). Engines write fractions differently: `fractions`, columns of
    type double, are hashed as millionths. -#}
{% macro content_hash(columns, fractions=[]) -%}
    {%- set parts = [] -%}
    {%- for column in columns + fractions -%}
        {%- set value = millionths(column) if column in fractions else column -%}
        {%- do parts.append("coalesce(cast(" ~ value ~ " as " ~ dbt.type_string() ~ "), '')") -%}
        {%- if not loop.last -%}{%- do parts.append('chr(31)') -%}{%- endif -%}
    {%- endfor -%}
    {{ dbt.hash(dbt.concat(parts)) }}
{%- endmacro %}
