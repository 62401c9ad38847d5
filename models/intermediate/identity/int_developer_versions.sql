-- Who a developer was, since when, and of which company by the rungs of the ladder that look at the person: an
-- override by hand, the portal's company, the CRM contact's, the one behind the e-mail's domain (definitions D11,
-- D12). A developer whose history ever names a company is known: a version without one means no company.
-- One row per developer and version.
with developers as (

    select * from {{ ref('stg_developer_portal__developers') }}

),

overrides as (

    select * from {{ ref('company_overrides') }}
    where scope = 'developer'

),

contact_companies as (

    select * from {{ ref('int_contact_companies') }}

),

email_domains as (

    select * from {{ ref('int_email_domains') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

versions as (

    {{ dated_versions('developers', 'developer_id') }}

),

compared as (

    select
        versions.*,
        overrides.company_id as manual_company_id,
        max(case when versions.company_id is not null then 1 else 0 end) over (
            partition by versions.developer_id
        ) = 1 as is_known,
        contact_companies.company_id as contact_company_id,
        email_domains.company_id as domain_company_id,
        coalesce(email_domains.is_internal, false) as is_internal
    from versions
    left join overrides
        on versions.developer_id = overrides.id
    left join contact_companies
        on versions.email = contact_companies.email
    left join email_domains
        on split_part(versions.email, '@', 2) = email_domains.email_domain

),

resolved as (

    select
        *,
        case
            when manual_company_id is not null then 'manual'
            when is_known and company_id is not null then 'developer'
            when is_known then 'unresolved'
            when contact_company_id is not null then 'contact'
            when domain_company_id is not null then 'domain'
            else 'unresolved'
        end as resolution_method
    from compared

),

named as (

    select
        *,
        case resolution_method
            when 'manual' then manual_company_id
            when 'developer' then company_id
            when 'contact' then contact_company_id
            when 'domain' then domain_company_id
        end as resolved_company_id
    from resolved

)

select
    named.developer_id,
    coalesce(companies.surviving_company_id, named.resolved_company_id) as company_id,
    coalesce(companies.ultimate_parent_company_id, named.resolved_company_id)
        as ultimate_parent_company_id,
    named.resolution_method,
    named.github_login,
    named.country,
    named.role,
    named.utm_source,
    named.utm_medium,
    named.utm_campaign,
    named.is_internal,
    named.is_latest,
    named.signed_up_at,
    named.first_docs_visit_at,
    named.deleted_at,
    named.valid_from,
    named.valid_to
from named
left join companies
    on named.resolved_company_id = companies.company_id
