{#- The condition that a time falls on one of some UTC dates, the earliest first. Written out as ranges, because only what
    a query says literally lets it skip the files and the row groups of all other dates. -#}
{% macro in_ranges_of_dates(moment, dates) -%}
    {%- set day = modules.datetime.timedelta(days=1) -%}
    {%- set ranges = [] -%}
    {%- for date in dates -%}
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
