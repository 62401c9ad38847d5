-- The tokens as metrics count them: in which week each counts as created, which is up
-- to the watermark and not for the program's own people (definition D27).
-- One row per token.
with tokens as (

    select * from {{ ref('dim_tokens') }}

),

developers as (

    select * from {{ ref('dim_developers') }}

),

watermark as (

    select max(described_at) as watermark_at from {{ ref('dim_weeks') }}

),

counted as (

    select
        tokens.token_id,
        tokens.first_developer_id,
        case
            when
                tokens.is_registered
                and tokens.created_at <= watermark.watermark_at
                and not coalesce(developers.is_internal, false)
                then {{ week_start(reporting_date('tokens.created_at')) }}
        end as created_week_date,
        tokens.environment,
        tokens.is_registered,
        tokens.is_suspected_shared,
        tokens.previous_token_id is not null as is_successor
    from tokens
    cross join watermark
    left join developers
        on tokens.first_developer_id = developers.developer_id

)

select * from counted
