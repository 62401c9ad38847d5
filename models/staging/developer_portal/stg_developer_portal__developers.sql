-- The portal's registry of developers.
-- One row per developer and delivered version.
with source as (

    select * from {{ source('developer_portal', 'developers') }}

),

renamed as (

    select
        developer_id,
        company_id,
        lower(github_login) as github_login,

        lower(trim(email)) as email,
        country,
        role,
        utm_source,
        utm_medium,
        utm_campaign,
        referrer,
        {{ content_hash([
            'email', 'signed_up_at', 'first_docs_visit_at', 'company_id', 'github_login',
            'country', 'role', 'utm_source', 'utm_medium', 'utm_campaign', 'referrer',
            'deleted_at',
        ]) }} as content_hash,

        signed_up_at,
        first_docs_visit_at,
        deleted_at,
        coalesce(updated_at, signed_up_at) as version_at

    from source

)

select * from renamed
