-- Who a developer was, and since when (definition D12).
-- One row per developer and version.
with developers as (

    select * from {{ ref('stg_developer_portal__developers') }}

),

versions as (

    {{ dated_versions('developers', 'developer_id') }}

)

select
    developer_id,
    company_id,
    github_login,
    email,
    {{ part_of('email', '@', 2) }} as email_domain,
    country,
    role,
    utm_source,
    utm_medium,
    utm_campaign,
    referrer,
    is_first,
    is_latest,
    signed_up_at,
    first_docs_visit_at,
    deleted_at,
    version_at,
    valid_from,
    valid_to
from versions
