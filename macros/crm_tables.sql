{#- The raw tables that custom fields may come from, and what each describes. -#}
{% macro crm_tables() %}
    {{ return({
        'crm.companies': 'company',
        'crm.contacts': 'contact',
        'hubspot.company': 'company',
        'hubspot.contact': 'contact',
        'salesforce.account': 'company',
        'salesforce.contact': 'contact',
        'salesforce.lead': 'contact',
    }) }}
{% endmacro %}
