{#- One row for a day and each of the six after it: those on which it is one of the last seven (definition
    D3). -#}
{% macro the_7_days_from(date_column) -%}
    {{ dates_between(date_column, 'cast(' ~ days_after(date_column, 6) ~ ' as date)', 1) }}
{%- endmacro %}
