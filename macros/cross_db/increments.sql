{#- How a model is kept that is computed for some dates only: added to, where an engine replaces the rows of a date for a
    price that does not grow with the table; built whole elsewhere, and where only the newest weeks are read. -#}
{% macro increments() -%}
    {{ return(adapter.dispatch('increments')()) }}
{%- endmacro %}

{% macro default__increments() -%}
    {{ not_supported('increments') }}
{%- endmacro %}

{% macro duckdb__increments() -%}
    {{ return('table' if var('dev_last_weeks') else 'incremental') }}
{%- endmacro %}

{% macro spark__increments() -%}
    {{ return('table') }}
{%- endmacro %}

{% macro snowflake__increments() -%}
    {{ return('table') }}
{%- endmacro %}

{% macro bigquery__increments() -%}
    {{ return('table') }}
{%- endmacro %}

{% macro redshift__increments() -%}
    {{ return('table') }}
{%- endmacro %}
