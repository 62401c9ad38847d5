{#- The type of a custom field in the warehouse. -#}
{% macro custom_type(type) -%}
    {{ return({
        'string': dbt.type_string(), 'bigint': dbt.type_bigint(), 'double': type_double(),
        'boolean': dbt.type_boolean(),
    }[type]) }}
{%- endmacro %}
