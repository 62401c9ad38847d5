{#- The Monday that a date or timestamp falls on or after. (A week of dbt.date_trunc begins on Sunday on
    BigQuery, and where a parameter says on Snowflake.) -#}
{% macro monday_of(moment) -%}
    {{ return(adapter.dispatch('monday_of')(moment)) }}
{%- endmacro %}

{% macro default__monday_of(moment) -%}
    {{ not_supported('monday_of') }}
{%- endmacro %}

{% macro duckdb__monday_of(moment) -%}
    date_trunc('week', {{ moment }})
{%- endmacro %}

{% macro spark__monday_of(moment) -%}
    date_trunc('week', {{ moment }})
{%- endmacro %}

{% macro snowflake__monday_of(moment) -%}
    dateadd(day, 1 - dayofweekiso({{ moment }}), cast({{ moment }} as date))
{%- endmacro %}

{% macro bigquery__monday_of(moment) -%}
    timestamp_trunc(cast({{ moment }} as timestamp), isoweek)
{%- endmacro %}

{% macro redshift__monday_of(moment) -%}
    date_trunc('week', {{ moment }})
{%- endmacro %}
