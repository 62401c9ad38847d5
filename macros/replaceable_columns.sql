{#- What a CRM may keep in a field of another name, and of which type it is. -#}
{% macro replaceable_columns() %}
    {{ return({
        'industry': 'string', 'country': 'string', 'plan': 'string', 'employee_count': 'bigint',
    }) }}
{% endmacro %}
