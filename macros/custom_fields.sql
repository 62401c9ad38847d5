{#- The fields of var crm_custom_fields that become columns of a `company` or of a `contact`, each once, as
    {alias, type}; those that stand for a column that is there anyway are left out. -#}
{% macro custom_fields(entity) %}
    {%- do require_custom_fields('crm_custom_fields') -%}
    {%- set found = {} -%}
    {%- for field in var('crm_custom_fields') -%}
        {%- set table = field.name.split('.')[:2] | join('.') -%}
        {%- if crm_tables()[table] == entity and field.alias not in replaceable_columns() -%}
            {%- do found.update({field.alias: {'alias': field.alias, 'type': field.type}}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found.values() | list) }}
{% endmacro %}
