-- Where every raw row went: the requests add up to the rows that were delivered
-- (definition D7). Rows without a usable time have no week.
-- One row per log source, week and outcome.
{% set enabled_sources = log_sources() %}
{% set quoted_sources = "'" ~ enabled_sources | join("', '") ~ "'" %}
with token_days as (

    select * from {{ ref('int_token_days') }}

),

rejects as (

    select * from {{ ref('stg_landing__rejects') }}
    where source in ({{ quoted_sources }})

),

counted as (

    select
        source,
        week_start,
        outcome,
        requests,
        token_id
    from token_days
    union all
    select
        source,
        null,
        'malformed',
        1,
        null
    from rejects

),

summed as (

    select
        source,
        week_start,
        outcome,
        cast(sum(requests) as bigint) as requests,
        cast(count(distinct token_id) as bigint) as tokens
    from counted
    group by source, week_start, outcome

)

select * from summed
