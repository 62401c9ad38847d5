-- The companies of the default file layout, in the shape that every CRM's take.
-- One row per company and delivered version.
with companies as (

    select * from {{ ref('stg_crm__companies') }}

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
    -- The layout does not tell; what it no longer needs is merged, or left as it is.
    false as is_deleted,
    {% for field in custom_fields('company') -%}
    {{ field.alias }},
    {% endfor %}
    created_at,
    version_at
from companies
