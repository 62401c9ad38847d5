-- What marketing and the portal count, up to the watermark, and the hello worlds they
-- led to (definition D27). The program's own people and their tokens are left out.
-- One row per week with any of them.
with watermark as (

    select * from {{ ref('int_watermark') }}

),

developers as (

    select * from {{ ref('int_developers') }}

),

tokens as (

    select * from {{ ref('int_tokens') }}

),

occurrences as (

    select
        'sign_up' as kind,
        signed_up_at as occurred_at
    from developers
    where not is_internal
    union all
    select
        'token_created' as kind,
        tokens.created_at as occurred_at
    from tokens
    left join developers
        on tokens.first_developer_id = developers.developer_id
    where not coalesce(developers.is_internal, false)
    union all
    select
        'page_view' as kind,
        occurred_at
    from {{ ref('stg_website__page_views') }}
    union all
    select
        'hello_world' as kind,
        hello_world_at as occurred_at
    from {{ ref('int_hello_worlds') }}
    where is_converted

),

dated as (

    select
        occurrences.kind,
        {{ week_start(reporting_date('occurrences.occurred_at')) }} as week_start
    from occurrences
    inner join watermark
        on occurrences.occurred_at <= watermark.watermark_at

),

counted as (

    select
        week_start,
        cast(sum(case when kind = 'sign_up' then 1 else 0 end) as bigint)
            as new_sign_ups,
        cast(sum(case when kind = 'token_created' then 1 else 0 end) as bigint)
            as tokens_created,
        cast(sum(case when kind = 'page_view' then 1 else 0 end) as bigint)
            as page_views,
        cast(sum(case when kind = 'hello_world' then 1 else 0 end) as bigint)
            as hello_worlds
    from dated
    group by week_start

)

select * from counted
