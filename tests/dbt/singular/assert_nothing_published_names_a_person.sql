-- No published text looks like an e-mail address (definition D28).
{% set texts = {
    'dim_developers': [
        'country', 'role', 'utm_source', 'utm_medium', 'utm_campaign',
    ],
    'dim_companies': ['company_name', 'domain', 'industry', 'plan'],
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
