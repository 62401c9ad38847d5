-- The registered tokens in their latest versions, and who owned each first.
-- One row per token.
with versions as (

    select * from {{ ref('int_token_versions') }}

),

first_owners as (

    select
        token_id,
        developer_id as first_developer_id
    from versions
    where is_first

),

latest as (

    select
        versions.token_id,
        versions.developer_id,
        first_owners.first_developer_id,
        versions.application_id,
        versions.company_id,
        versions.replaces_token_id,
        versions.environment,
        versions.scopes,
        versions.created_at,
        versions.expires_at,
        versions.revoked_at,
        coalesce(
            least(versions.revoked_at, versions.expires_at),
            versions.revoked_at,
            versions.expires_at
        ) as ends_at
    from versions
    inner join first_owners
        on versions.token_id = first_owners.token_id
    where versions.is_latest

)

select * from latest
