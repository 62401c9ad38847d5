{#- The id of a CRM's record as a text: loaders bring numbers, some with a fraction (5170561229.0). -#}
{% macro record_id(id) -%}
    regexp_replace({{ id }}, '[.]0+$', '')
{%- endmacro %}
