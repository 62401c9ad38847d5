{#- The condition of what a model's own query computes: the outdated dates; of a build of everything the first batch,
    whose successors insert_further_batches adds. -#}
{% macro in_first_batch(moment, dates) -%}
    {{ return(on_outdated_dates(moment, dates) if is_increment() else batches_of_dates(moment, dates)[0]) }}
{%- endmacro %}
