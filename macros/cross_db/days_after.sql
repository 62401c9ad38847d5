{#- The timestamp so many days after a date or a timestamp, before it for a negative number; nothing stays
    nothing. (dbt.dateadd loses fractions of a second on Spark, and refuses NULL.) -#}
{% macro days_after(moment, days) -%}
    {{ return(adapter.dispatch('days_after')(moment, days)) }}
{%- endmacro %}

{% macro default__days_after(moment, days) -%}
    {{ not_supported('days_after') }}
{%- endmacro %}

{% macro duckdb__days_after(moment, days) -%}
    ({{ moment }} + {{ days }} * interval 1 day)
{%- endmacro %}

{% macro spark__days_after(moment, days) -%}
    (cast({{ moment }} as timestamp) + make_dt_interval({{ days }}))
{%- endmacro %}

{% macro snowflake__days_after(moment, days) -%}
    dateadd(day, {{ days }}, cast({{ moment }} as timestamp))
{%- endmacro %}

{% macro bigquery__days_after(moment, days) -%}
    timestamp_add(cast({{ moment }} as timestamp), interval {{ days }} day)
{%- endmacro %}

{% macro redshift__days_after(moment, days) -%}
    dateadd(day, {{ days }}, cast({{ moment }} as timestamp))
{%- endmacro %}
