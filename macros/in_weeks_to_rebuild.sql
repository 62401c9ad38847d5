{#- Whether a UTC date has a part in the weeks that var rebuild_weeks names, whatever the reporting time zone. -#}
{% macro in_weeks_to_rebuild(event_date) -%}
    {%- set weeks = var('rebuild_weeks') -%}
    {%- if not weeks -%}
        {{ return('1 = 0') }}
    {%- endif -%}
    {%- set first = week_start("cast('" ~ weeks.split('..')[0] ~ "' as date)") -%}
    {%- set last = week_start("cast('" ~ weeks.split('..')[1] ~ "' as date)") -%}
    {{ return(
        '(' ~ event_date ~ ' >= cast(' ~ days_after(first, -1) ~ ' as date) and '
        ~ event_date ~ ' <= cast(' ~ days_after(last, 7) ~ ' as date))'
    ) }}
{%- endmacro %}
