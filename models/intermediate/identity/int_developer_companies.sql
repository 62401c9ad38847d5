-- The company of a developer through time, by the rungs of the ladder that look at the
-- person: an override by hand, the portal's company, the CRM contact's, the one behind
-- the e-mail's domain (definition D11). A developer whose history ever names a company
-- is known: a version without one means no company.
-- One row per developer and version.
with versions as (

    select * from {{ ref('int_developer_versions') }}

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

company_ids as (

    select * from {{ ref('int_company_ids') }}

),

rungs as (

    select
        versions.developer_id,
        overrides.company_id as manual_company_id,
        versions.company_id as portal_company_id,
        max(case when versions.company_id is not null then 1 else 0 end) over (
            partition by versions.developer_id
        ) = 1 as is_known,
        contact_companies.company_id as contact_company_id,
        email_domains.company_id as domain_company_id,
        versions.valid_from,
        versions.valid_to,
        versions.is_latest
    from versions
    left join overrides
        on versions.developer_id = overrides.id
    left join contact_companies
        on versions.email = contact_companies.email
    left join email_domains
        on versions.email_domain = email_domains.email_domain

),

resolved as (

    select
        *,
        case
            when manual_company_id is not null then 'manual'
            when is_known and portal_company_id is not null then 'developer'
            when is_known then 'unresolved'
            when contact_company_id is not null then 'contact'
            when domain_company_id is not null then 'domain'
            else 'unresolved'
        end as resolution_method,
        case
            when is_known then coalesce(manual_company_id, portal_company_id)
            else coalesce(manual_company_id, contact_company_id, domain_company_id)
        end as named_company_id
    from rungs

)

select
    resolved.developer_id,
    coalesce(company_ids.surviving_company_id, resolved.named_company_id) as company_id,
    coalesce(company_ids.ultimate_parent_company_id, resolved.named_company_id)
        as ultimate_parent_company_id,
    resolved.resolution_method,
    resolved.is_latest,
    resolved.valid_from,
    resolved.valid_to
from resolved
left join company_ids
    on resolved.named_company_id = company_ids.id
