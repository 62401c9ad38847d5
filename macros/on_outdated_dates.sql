{#- The condition that a time falls on one of the UTC dates that are computed by this run; all of them where a model is
    built whole. Written out as ranges, because only what a query says literally lets it skip the files and the row
    groups of all other dates. -#}
{% macro on_outdated_dates(moment, dates) -%}
    {%- if not is_increment() -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set day = modules.datetime.timedelta(days=1) -%}
    {%- set ranges = [] -%}
    {%- set rows = run_query('select distinct event_date from ' ~ dates ~ ' where is_outdated order by event_date') -%}
    {%- for date in rows.columns[0].values() -%}
        {%- if ranges and ranges[-1][1] == date -%}
            {%- set _ = ranges[-1].pop() -%}
            {%- do ranges[-1].append(date + day) -%}
        {%- else -%}
            {%- do ranges.append([date, date + day]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for first, end in ranges -%}
        {%- do conditions.append(
            "(" ~ moment ~ " >= cast('" ~ first ~ "' as timestamp) and "
            ~ moment ~ " < cast('" ~ end ~ "' as timestamp))"
        ) -%}
    {%- endfor -%}
    {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else '1 = 0') }}
{%- endmacro %}
