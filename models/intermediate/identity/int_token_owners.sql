-- Who answers for each token's requests, and since when: versions of the registry that
-- follow each other and say the same are one (definition D12). A token that is only on
-- the list of test tokens is nobody's.
-- One row per token and stretch of time.
with versions as (

    select * from {{ ref('int_token_versions') }}

),

developers as (

    select * from {{ ref('int_developers') }}

),

test_tokens as (

    select * from {{ ref('test_tokens') }}

),

judged as (

    select
        coalesce(versions.token_id, test_tokens.token_id) as token_id,
        versions.developer_id,
        versions.environment,
        coalesce(developers.is_internal, false)
        or test_tokens.token_id is not null as is_internal,
        coalesce(versions.valid_from, cast('1900-01-01' as timestamp)) as valid_from,
        coalesce(versions.valid_to, cast('9999-12-31' as timestamp)) as valid_to
    from versions
    full outer join test_tokens
        on versions.token_id = test_tokens.token_id
    left join developers
        on versions.developer_id = developers.developer_id

),

preceded as (

    select
        *,
        lag(valid_from) over (partition by token_id order by valid_from)
            as former_valid_from,
        lag(developer_id) over (partition by token_id order by valid_from)
            as former_developer_id,
        lag(environment) over (partition by token_id order by valid_from)
            as former_environment,
        lag(is_internal) over (partition by token_id order by valid_from)
            as was_internal
    from judged

),

compared as (

    select
        *,
        case
            when former_valid_from is null then 1
            when coalesce(former_developer_id, '') <> coalesce(developer_id, '') then 1
            when coalesce(former_environment, '') <> coalesce(environment, '') then 1
            when was_internal <> is_internal then 1
            else 0
        end as is_change
    from preceded

),

numbered as (

    select
        *,
        sum(is_change) over (
            partition by token_id
            order by valid_from
            rows between unbounded preceding and current row
        ) as stretch
    from compared

),

stretches as (

    select
        token_id,
        developer_id,
        environment,
        is_internal,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from numbered
    group by token_id, developer_id, environment, is_internal, stretch

)

select
    -- What the logs are grouped by: a number costs less than names.
    cast(row_number() over (order by token_id, valid_from) as bigint) as owner_number,
    token_id,
    developer_id,
    environment,
    is_internal,
    valid_from,
    valid_to
from stretches
