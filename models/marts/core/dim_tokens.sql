-- Every token that the registry or the logs know, as it is now.
-- One row per token.
with tokens as (

    select * from {{ ref('int_tokens') }}

),

qualified_days as (

    select * from {{ ref('int_token_days') }}
    where outcome = 'qualified'

),

seen as (

    select
        token_id,
        min(first_requested_at) as first_qualified_request_at,
        max(last_requested_at) as last_qualified_request_at
    from qualified_days
    group by token_id

),

combined as (

    select
        coalesce(tokens.token_id, seen.token_id) as token_id,
        tokens.developer_id,
        tokens.application_id,
        tokens.environment,
        tokens.token_id is not null as is_registered,
        tokens.created_at,
        tokens.expires_at,
        tokens.revoked_at,
        seen.first_qualified_request_at,
        seen.last_qualified_request_at
    from tokens
    full outer join seen
        on tokens.token_id = seen.token_id

)

select * from combined
