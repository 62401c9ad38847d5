-- No published text looks like an e-mail address (definition D28).
{% set of_companies = custom_fields('company')
    | selectattr('type', 'equalto', 'string') | map(attribute='alias') | list %}
{% set of_contacts = custom_fields('contact')
    | selectattr('type', 'equalto', 'string') | map(attribute='alias') | list %}
{% set texts = {
    'dim_developers': [
        'channel', 'country', 'role', 'utm_source', 'utm_medium', 'utm_campaign',
    ] + of_contacts,
    'dim_developers_history': ['channel', 'country', 'role'],
    'dim_companies': ['company_name', 'domain', 'industry', 'country', 'plan'] + of_companies,
    'dim_companies_history': [
        'company_name', 'domain', 'industry', 'country', 'plan',
    ] + of_companies,
    'fct_weekly_active_tokens': [
        'channel', 'country', 'country_current', 'industry', 'industry_current', 'plan',
        'plan_current', 'sdk', 'api',
    ] + of_companies + of_contacts,
    'fct_weekly_active_companies': [
        'country', 'country_current', 'industry', 'industry_current', 'plan',
        'plan_current',
    ] + of_companies,
} %}
with texts as (

    {% for model, columns in texts.items() %}
    select
        '{{ model }}' as model,
        case
            {% for column in columns -%}
            when {{ column }} like '%_@_%._%' then '{{ column }}'
            {% endfor %}
        end as column_name
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select *
from texts
where column_name is not null
