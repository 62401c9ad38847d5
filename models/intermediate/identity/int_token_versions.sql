-- Whose a token was, and since when (definition D12).
-- One row per token and version.
with tokens as (

    select * from {{ ref('stg_developer_portal__api_tokens') }}

),

versions as (

    {{ dated_versions('tokens', 'token_id') }}

)

select
    token_id,
    developer_id,
    application_id,
    company_id,
    replaces_token_id,
    environment,
    scopes,
    created_at,
    expires_at,
    revoked_at,
    valid_from,
    valid_to,
    is_first,
    is_latest
from versions
