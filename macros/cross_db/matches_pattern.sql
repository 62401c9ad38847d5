{#- Whether the whole of a text matches a regular expression. -#}
{% macro matches_pattern(text, pattern) -%}
    {{ return(adapter.dispatch('matches_pattern')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_pattern(text, pattern) -%}
    {{ not_supported('matches_pattern') }}
{%- endmacro %}

{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_full_match({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__matches_pattern(text, pattern) -%}
    {{ text }} rlike concat('^(?:', {{ pattern }}, ')$')
{%- endmacro %}

{#- Snowflake's patterns always have to match the whole text. -#}
{% macro snowflake__matches_pattern(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro bigquery__matches_pattern(text, pattern) -%}
    regexp_contains({{ text }}, concat('^(?:', {{ pattern }}, ')$'))
{%- endmacro %}
