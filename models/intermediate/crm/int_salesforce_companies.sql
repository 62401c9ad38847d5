-- Salesforce's accounts as companies.
-- One row per account and version or delivery.
with accounts as (

    select * from {{ ref('stg_salesforce__accounts') }}

)

select
    source_relation,
    company_id,
    parent_company_id,
    merged_into_company_id,
    company_name,
    domain,
    additional_domains,
    industry,
    country,
    plan,
    content_hash,
    employee_count,
    is_deleted,
    {% for field in custom_fields('company') -%}
    {{ field.alias }},
    {% endfor %}
    created_at,
    version_at
from accounts
