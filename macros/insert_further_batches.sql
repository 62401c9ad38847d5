{#- Adds the batches after the first, by the model's query with the condition of each in place of the first. A statement
    each: branches of one query would be computed at the same time, with the memory of all. Whether the model was built
    whole its query tells: when this is asked, there is a table in either case. -#}
{% macro insert_further_batches(moment, dates) -%}
    {%- if execute and model.config.materialized == 'incremental' and load_relation(dates) -%}
        {%- set everything, outdated = batches_of_dates(moment, dates, false), batches_of_dates(moment, dates, true) -%}
        {%- set batches = everything if everything[0] in sql else outdated -%}
        {%- for batch in batches[1:] %}
insert into {{ this }}
{{ sql | replace(batches[0], batch) }};
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}
