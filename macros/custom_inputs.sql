{#- The columns of a raw table that var crm_custom_fields names: those of one alias, or of one type, or all. -#}
{% macro custom_inputs(table, alias=none, type=none) %}
    {%- set found = [] -%}
    {%- for field in var('crm_custom_fields') if field.name.startswith(table ~ '.') -%}
        {%- if alias in (none, field.alias) and type in (none, field.type) -%}
            {%- do found.append(field.name[table | length + 1:]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
