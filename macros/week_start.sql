{#- The first day of the week that a date falls into (definition D1). -#}
{% macro week_start(date_column) -%}
    {%- if var('week_start_day') == 'sunday' -%}
        {%- set next_day = dbt.dateadd('day', 1, date_column) -%}
        cast({{ dbt.dateadd('day', -1, dbt.date_trunc('week', next_day)) }} as date)
    {%- else -%}
        cast({{ dbt.date_trunc('week', date_column) }} as date)
    {%- endif -%}
{%- endmacro %}
