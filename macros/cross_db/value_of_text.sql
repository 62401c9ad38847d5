{#- A text as a value of a custom field's type (string, bigint, double, boolean); nothing where it is none. -#}
{% macro value_of_text(text, type) -%}
    {{ return(adapter.dispatch('value_of_text')(text, type)) }}
{%- endmacro %}

{% macro default__value_of_text(text, type) -%}
    {{ not_supported('value_of_text') }}
{%- endmacro %}

{% macro duckdb__value_of_text(text, type) -%}
    {%- if type == 'string' -%}
        {{ text }}
    {%- elif type == 'bigint' -%}
        try_cast({{ part_of(text, '.', 1) }} as bigint)
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{% macro spark__value_of_text(text, type) -%}
    {{ return(duckdb__value_of_text(text, type)) }}
{%- endmacro %}

{% macro snowflake__value_of_text(text, type) -%}
    {{ return(duckdb__value_of_text(text, type)) }}
{%- endmacro %}

{% macro bigquery__value_of_text(text, type) -%}
    {%- if type == 'string' -%}
        {{ text }}
    {%- elif type == 'bigint' -%}
        safe_cast({{ part_of(text, '.', 1) }} as int64)
    {%- else -%}
        safe_cast({{ text }} as {{ custom_type(type) }})
    {%- endif -%}
{%- endmacro %}
