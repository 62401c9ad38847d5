-- The portal's registry of tokens.
-- One row per token and delivered version.
with source as (

    select * from {{ source('developer_portal', 'api_tokens') }}

),

renamed as (

    select
        token_id,
        developer_id,
        application_id,
        company_id,
        replaces_token_id,

        coalesce(lower(trim(environment)), 'production') as environment,
        {{ sorted_words('scopes') }} as scopes,
        {{ content_hash([
            'developer_id', 'application_id', 'company_id', 'environment', 'scopes',
            'created_at', 'expires_at', 'revoked_at', 'replaces_token_id',
        ]) }} as content_hash,

        created_at,
        expires_at,
        revoked_at,
        coalesce(updated_at, created_at) as version_at

    from source

)

select * from renamed
