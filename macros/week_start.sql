{#- The first day of the week that a date falls into (definition D1). -#}
{% macro week_start(date_column) -%}
    {%- if var('week_start_day') == 'sunday' -%}
        {%- set next_day = days_after(date_column, 1) -%}
        cast({{ days_after(monday_of(next_day), -1) }} as date)
    {%- else -%}
        cast({{ monday_of(date_column) }} as date)
    {%- endif -%}
{%- endmacro %}
