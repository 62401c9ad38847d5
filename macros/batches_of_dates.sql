{#- Conditions that split a build of everything into passes over batch_requests rows each, of whole dates; the first and
    the last are open to their side, so that no time is left out. -#}
{% macro batches_of_dates(moment, dates) -%}
    {%- set starts = [] -%}
    {%- if execute and model.config.materialized == 'incremental' and load_relation(dates) -%}
        {%- set days = run_query(
            'select event_date, sum(rows_there) as requests from ' ~ dates ~ ' group by event_date order by event_date'
        ) -%}
        {%- set batch = namespace(rows=0) -%}
        {%- for day in days.rows -%}
            {%- if batch.rows + day.requests > var('batch_requests') and batch.rows > 0 -%}
                {%- do starts.append("cast('" ~ day.event_date ~ "' as timestamp)") -%}
                {%- set batch.rows = 0 -%}
            {%- endif -%}
            {%- set batch.rows = batch.rows + day.requests -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if not starts -%}
        {{ return(['1 = 1']) }}
    {%- endif -%}
    {%- set batches = ['(' ~ moment ~ ' < ' ~ starts[0] ~ ')'] -%}
    {%- for start in starts[1:] -%}
        {%- do batches.append('(' ~ moment ~ ' >= ' ~ starts[loop.index0] ~ ' and ' ~ moment ~ ' < ' ~ start ~ ')') -%}
    {%- endfor -%}
    {%- do batches.append('(' ~ moment ~ ' >= ' ~ starts[-1] ~ ')') -%}
    {{ return(batches) }}
{%- endmacro %}
