{#- The names in var log_sources whose rows landing brings; those of the others lie in somebody's lake. -#}
{% macro landed_log_sources() %}
    {%- set from_a_lake = [] -%}
    {%- for table in var('lake_tables') -%}
        {%- do from_a_lake.append(table.split('.')[0]) -%}
    {%- endfor -%}
    {{ return(log_sources() | reject('in', from_a_lake) | list) }}
{% endmacro %}
