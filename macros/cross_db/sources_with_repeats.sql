{#- The log sources whose possible duplicates landing has listed. Tables that somebody else fills are looked through. -#}
{% macro sources_with_repeats() -%}
    {{ return(adapter.dispatch('sources_with_repeats')()) }}
{%- endmacro %}

{% macro default__sources_with_repeats() -%}
    {{ not_supported('sources_with_repeats') }}
{%- endmacro %}

{% macro duckdb__sources_with_repeats() -%}
    {{ return(landed_log_sources()) }}
{%- endmacro %}

{% macro spark__sources_with_repeats() -%}
    {{ return(landed_log_sources()) }}
{%- endmacro %}

{#- In a warehouse in the cloud the raw tables are its owner's. -#}
{% macro databricks__sources_with_repeats() -%}
    {{ return([]) }}
{%- endmacro %}

{% macro snowflake__sources_with_repeats() -%}
    {{ return([]) }}
{%- endmacro %}

{% macro bigquery__sources_with_repeats() -%}
    {{ return([]) }}
{%- endmacro %}

{% macro redshift__sources_with_repeats() -%}
    {{ return([]) }}
{%- endmacro %}
