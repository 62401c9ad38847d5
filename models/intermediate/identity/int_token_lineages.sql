-- The lineage of each token: the chain of tokens that took over from one another, named
-- by its first (definition D9). A rotated key is neither churn nor growth.
-- One row per token of the registry, and per token that one of them replaces.
with recursive links as (

    select * from {{ ref('int_token_successions') }}
    where not is_circular

),

tokens as (

    select token_id from {{ ref('int_tokens') }}
    union
    select old_token_id as token_id from links

),

chains as (

    select
        tokens.token_id as token_lineage_id,
        tokens.token_id,
        cast(null as {{ dbt.type_string() }}) as previous_token_id
    from tokens
    left join links
        on tokens.token_id = links.new_token_id
    where links.new_token_id is null
    union all
    select
        chains.token_lineage_id,
        links.new_token_id as token_id,
        links.old_token_id as previous_token_id
    from chains
    inner join links
        on chains.token_id = links.old_token_id

)

select * from chains
