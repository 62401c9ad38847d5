{#- How a model is kept that is computed for some dates only: added to, where an engine can replace rows for a price
    that does not grow with the table; built whole elsewhere. -#}
{% macro increments() -%}
    {{ return(adapter.dispatch('increments')()) }}
{%- endmacro %}

{% macro default__increments() -%}
    {{ return('table') }}
{%- endmacro %}

{% macro duckdb__increments() -%}
    {{ return('incremental') }}
{%- endmacro %}
