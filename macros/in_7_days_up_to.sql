{#- Whether a date is one of seven: the last one or one of the six before it (definition D3). -#}
{% macro in_7_days_up_to(date_column, last_date) -%}
    {{ date_column }} <= {{ last_date }}
            and {{ date_column }} > {{ dbt.dateadd('day', -7, last_date) }}
{%- endmacro %}
