{#- What a CRM says of a company, and what dim_companies says from which CRM it has it. -#}
{% macro company_attributes() %}
    {{ return(['company_name', 'domain', 'industry', 'country', 'plan', 'employee_count']) }}
{% endmacro %}
