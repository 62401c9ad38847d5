-- The developers in their latest versions. One row per developer.
with versions as (

    select * from {{ ref('int_developer_versions') }}

),

latest as (

    select
        developer_id,
        company_id,
        ultimate_parent_company_id,
        resolution_method,
        github_login,
        country,
        role,
        utm_source,
        utm_medium,
        utm_campaign,
        is_internal,
        signed_up_at,
        first_docs_visit_at,
        deleted_at
    from versions
    where is_latest

)

select * from latest
