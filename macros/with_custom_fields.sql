{#- Columns and their types, with the custom fields of a `company` or a `contact` behind them. -#}
{% macro with_custom_fields(entity, columns) %}
    {%- set found = dict(columns) -%}
    {%- for field in custom_fields(entity) -%}
        {%- do found.update({field.alias: field.type}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
