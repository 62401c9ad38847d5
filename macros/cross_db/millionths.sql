{#- A number with a fraction as a whole number of millionths; nothing where it is too large for one. -#}
{% macro millionths(number) -%}
    {{ return(adapter.dispatch('millionths')(number)) }}
{%- endmacro %}

{% macro default__millionths(number) -%}
    {{ not_supported('millionths') }}
{%- endmacro %}

{% macro duckdb__millionths(number) -%}
    try_cast(round({{ number }} * 1000000) as bigint)
{%- endmacro %}

{% macro spark__millionths(number) -%}
    try_cast(round({{ number }} * 1000000) as bigint)
{%- endmacro %}

{#- try_cast takes only texts on Snowflake, and there is none on Redshift. -#}
{% macro snowflake__millionths(number) -%}
    case
        when abs({{ number }}) < 9e12 then cast(round({{ number }} * 1000000) as bigint)
    end
{%- endmacro %}

{% macro bigquery__millionths(number) -%}
    safe_cast(round({{ number }} * 1000000) as int64)
{%- endmacro %}

{% macro redshift__millionths(number) -%}
    case
        when abs({{ number }}) < 9e12 then cast(round({{ number }} * 1000000) as bigint)
    end
{%- endmacro %}
