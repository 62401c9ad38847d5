{#- A custom field as people count by it: no text is unknown, as in every other demographic; what is no text stays
    what it is. -#}
{% macro custom_segment(column, type) -%}
    {{ segment(column) if type == 'string' else column }}
{%- endmacro %}
