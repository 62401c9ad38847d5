{#- Whether a condition holds for any row of a group; nothing where it is known for none. -#}
{% macro any_true(condition) -%}
    {{ return(adapter.dispatch('any_true')(condition)) }}
{%- endmacro %}

{% macro default__any_true(condition) -%}
    {{ not_supported('any_true') }}
{%- endmacro %}

{% macro duckdb__any_true(condition) -%}
    bool_or({{ condition }})
{%- endmacro %}

{% macro spark__any_true(condition) -%}
    bool_or({{ condition }})
{%- endmacro %}

{% macro snowflake__any_true(condition) -%}
    boolor_agg({{ condition }})
{%- endmacro %}

{% macro bigquery__any_true(condition) -%}
    logical_or({{ condition }})
{%- endmacro %}

{% macro redshift__any_true(condition) -%}
    bool_or({{ condition }})
{%- endmacro %}
