-- Which token may have taken over from which: the links that the registry states, and
-- those inferred between two tokens of one kind where one ends about when the other is
-- made (definition D9). Several may claim one token: the smallest place comes first.
-- One row per pair of tokens.
with tokens as (

    select * from {{ ref('int_tokens') }}

),

stated as (

    select
        tokens.replaces_token_id as old_token_id,
        tokens.token_id as new_token_id,
        cast(null as {{ dbt.type_string() }}) as kind_hash,
        true as is_stated,
        replaced.ends_at as old_ends_at,
        tokens.created_at as new_created_at,
        coalesce(replaced.created_at >= tokens.created_at, false) as is_backward
    from tokens
    left join tokens as replaced
        on tokens.replaces_token_id = replaced.token_id
    where tokens.replaces_token_id is not null

),

inferred as (

    select
        older.token_id as old_token_id,
        newer.token_id as new_token_id,
        {{ content_hash([
            'older.developer_id', 'older.application_id', 'older.environment',
            'older.scopes',
        ]) }} as kind_hash,
        false as is_stated,
        older.ends_at as old_ends_at,
        newer.created_at as new_created_at,
        false as is_backward
    from tokens as older
    inner join tokens as newer
        on
            older.developer_id = newer.developer_id
            and older.application_id = newer.application_id
            and older.environment = newer.environment
            and older.scopes = newer.scopes
            and older.created_at < newer.created_at
    where coalesce(newer.replaces_token_id <> older.token_id, true)

),

linked as (

    select
        *,
        abs({{ seconds_between('old_ends_at', 'new_created_at') }}) as distance_seconds
    from stated
    union all
    select
        *,
        abs({{ seconds_between('old_ends_at', 'new_created_at') }}) as distance_seconds
    from inferred

),

near as (

    select
        *,
        cast(row_number() over (
            order by
                is_stated desc, distance_seconds is null asc, distance_seconds asc,
                old_token_id asc, new_token_id asc
        ) as bigint) as place
    from linked
    where
        is_stated
        or distance_seconds <= {{ var('rotation_window_days') * 86400 }}

)

select
    old_token_id,
    new_token_id,
    kind_hash,
    is_stated,
    is_backward,
    place
from near
