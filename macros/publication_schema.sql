{#- Where the tables of one publication lie, on an engine whose readers see views. -#}
{% macro publication_schema(name) -%}
    {{ return(target.schema ~ '_publication_' ~ name) }}
{%- endmacro %}
