{#- The day that a UTC instant falls on in the reporting time zone (definition D2). -#}
{% macro reporting_date(utc_timestamp) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ utc_timestamp }} as date)
    {%- else -%}
        cast({{ utc_to_zone(utc_timestamp, var('reporting_timezone')) }} as date)
    {%- endif -%}
{%- endmacro %}
