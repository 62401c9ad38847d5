-- The developers as they are now.
-- One row per developer.
with versions as (

    select * from {{ ref('int_developer_versions') }}
    where is_latest

),

developer_companies as (

    select * from {{ ref('int_developer_companies') }}
    where is_latest

),

email_domains as (

    select * from {{ ref('int_email_domains') }}

),

contacts as (

    select * from {{ ref('int_contact_companies') }}

),

contact_versions as (

    select * from {{ ref('int_contact_versions') }}
    where is_latest

),

described as (

    select
        versions.developer_id,
        developer_companies.company_id,
        developer_companies.ultimate_parent_company_id,
        developer_companies.resolution_method,
        versions.github_login,
        versions.country,
        versions.role,
        versions.utm_source,
        versions.utm_medium,
        versions.utm_campaign,
        contact_versions.source_relation as contact_source,
        {% for field in custom_fields('contact') -%}
        contact_versions.{{ field.alias }},
        {% endfor -%}
        coalesce(email_domains.is_internal, false) as is_internal,
        versions.signed_up_at,
        versions.first_docs_visit_at,
        versions.deleted_at
    from versions
    inner join developer_companies
        on versions.developer_id = developer_companies.developer_id
    left join email_domains
        on versions.email_domain = email_domains.email_domain
    left join contacts
        on versions.email = contacts.email
    left join contact_versions
        on contacts.contact_id = contact_versions.contact_id

)

select * from described
