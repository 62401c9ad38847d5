-- No published text looks like an e-mail address (definition D28).
{% set texts = {
    'dim_developers': [
        'channel', 'country', 'role', 'utm_source', 'utm_medium', 'utm_campaign',
    ],
    'dim_developers_history': ['channel', 'country', 'role'],
    'dim_companies': ['company_name', 'domain', 'industry', 'country', 'plan'],
    'dim_companies_history': ['company_name', 'domain', 'industry', 'country', 'plan'],
    'fct_weekly_active_tokens': [
        'channel', 'country', 'country_current', 'industry', 'industry_current', 'plan',
        'plan_current', 'sdk', 'api',
    ],
    'fct_weekly_active_companies': [
        'country', 'country_current', 'industry', 'industry_current', 'plan',
        'plan_current',
    ],
} %}
with texts as (

    {% for model, columns in texts.items() %}
    {% set model_loop = loop %}
    {% for column in columns %}
    select
        '{{ model }}.{{ column }}' as place,
        {{ column }} as text
    from {{ ref(model) }}
    {% if not (model_loop.last and loop.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}

)

select *
from texts
where text like '%_@_%._%'
