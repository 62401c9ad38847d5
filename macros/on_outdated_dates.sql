{#- The condition that a time falls on one of the UTC dates that are computed by this run; all of them where a model is
    built whole. -#}
{% macro on_outdated_dates(moment, dates) -%}
    {%- if not is_increment() -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set rows = run_query('select distinct event_date from ' ~ dates ~ ' where is_outdated order by event_date') -%}
    {{ return(in_ranges_of_dates(moment, rows.columns[0].values())) }}
{%- endmacro %}
