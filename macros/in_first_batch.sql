{#- The condition of what a model's own query computes, the first batch; insert_further_batches adds the others. -#}
{% macro in_first_batch(moment, dates) -%}
    {%- if not execute or model.config.materialized != 'incremental' or not load_relation(dates) -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {{ return(batches_of_dates(moment, dates, is_increment())[0]) }}
{%- endmacro %}
