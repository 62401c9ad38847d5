-- What the CRM said of a company, and since when (definition D13).
-- One row per company and version.
with companies as (

    select * from {{ ref('stg_crm__companies') }}

),

versions as (

    {{ dated_versions('companies', 'company_id') }}

)

select
    company_id,
    parent_company_id,
    merged_into_company_id,
    company_name,
    domain,
    additional_domains,
    industry,
    country,
    plan,
    employee_count,
    is_first,
    is_latest,
    created_at,
    version_at,
    valid_from,
    valid_to
from versions
