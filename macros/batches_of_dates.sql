{#- Conditions that split what a model computes into passes over batch_requests rows each, of whole dates: the groups of
    one fit into memory. Of a build of everything the first and the last are open to their side, so that no time is left
    out; of an increment they are ranges of outdated dates, as on_outdated_dates writes them. -#}
{% macro batches_of_dates(moment, dates, only_outdated) -%}
    {%- set days = run_query(
        'select event_date, sum(rows_there) as requests from ' ~ dates
        ~ (' where event_date in (select event_date from ' ~ dates ~ ' where is_outdated)' if only_outdated else '')
        ~ ' group by event_date order by event_date'
    ) -%}
    {%- set batches, batch = [], namespace(rows=0) -%}
    {%- for day in days.rows -%}
        {%- if not batches or batch.rows + day.requests > var('batch_requests') and batch.rows > 0 -%}
            {%- do batches.append([]) -%}
            {%- set batch.rows = 0 -%}
        {%- endif -%}
        {%- do batches[-1].append(day.event_date) -%}
        {%- set batch.rows = batch.rows + day.requests -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for in_batch in batches -%}
        {%- if only_outdated -%}
            {%- do conditions.append(in_ranges_of_dates(moment, in_batch)) -%}
        {%- elif batches | length == 1 -%}
            {%- do conditions.append('1 = 1') -%}
        {%- else -%}
            {%- set bounds = [] -%}
            {%- if not loop.first -%}
                {%- do bounds.append(moment ~ " >= cast('" ~ in_batch[0] ~ "' as timestamp)") -%}
            {%- endif -%}
            {%- if not loop.last -%}
                {%- do bounds.append(moment ~ " < cast('" ~ batches[loop.index][0] ~ "' as timestamp)") -%}
            {%- endif -%}
            {%- do conditions.append('(' ~ bounds | join(' and ') ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(conditions or ['1 = 0' if only_outdated else '1 = 1']) }}
{%- endmacro %}
