-- Every token that the registry or the logs know, as it is now, and the lineage it
-- belongs to.
-- One row per token.
with tokens as (

    select * from {{ ref('int_tokens') }}

),

lineages as (

    select * from {{ ref('int_token_lineages') }}

),

token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}

),

seen as (

    select
        token_id,
        {{ any_true('is_suspected_shared') }} as is_suspected_shared,
        min(first_request_at) as first_qualified_request_at,
        max(last_request_at) as last_qualified_request_at
    from token_weeks
    group by token_id

),

known as (

    select
        coalesce(lineages.token_id, seen.token_id) as token_id,
        coalesce(lineages.token_lineage_id, seen.token_id) as token_lineage_id,
        lineages.previous_token_id,
        coalesce(seen.is_suspected_shared, false) as is_suspected_shared,
        seen.first_qualified_request_at,
        seen.last_qualified_request_at
    from lineages
    full outer join seen
        on lineages.token_id = seen.token_id

),

described as (

    select
        known.token_id,
        known.token_lineage_id,
        known.previous_token_id,
        tokens.developer_id,
        tokens.first_developer_id,
        tokens.application_id,
        tokens.environment,
        tokens.token_id is not null as is_registered,
        known.is_suspected_shared,
        tokens.created_at,
        tokens.expires_at,
        tokens.revoked_at,
        known.first_qualified_request_at,
        known.last_qualified_request_at
    from known
    left join tokens
        on known.token_id = tokens.token_id

)

select * from described
