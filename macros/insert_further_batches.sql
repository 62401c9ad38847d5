{#- Adds the further batches of a build of everything, by the model's query with the condition of each in place of the
    first. A statement each: branches of one query would be computed at the same time, with the memory of all. -#}
{% macro insert_further_batches(moment, dates) -%}
    {%- set batches = batches_of_dates(moment, dates) -%}
    {%- if batches[0] != '1 = 1' and batches[0] in (sql or '') -%}
        {%- for batch in batches[1:] %}
insert into {{ this }}
{{ sql | replace(batches[0], batch) }};
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}
