{#- The UTC instant at which a day of the reporting time zone begins (definition D2). -#}
{% macro reporting_midnight(date_column) -%}
    {%- set midnight = 'cast(' ~ date_column ~ ' as timestamp)' -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        {{ midnight }}
    {%- else -%}
        {{ zone_to_utc(midnight, var('reporting_timezone')) }}
    {%- endif -%}
{%- endmacro %}
