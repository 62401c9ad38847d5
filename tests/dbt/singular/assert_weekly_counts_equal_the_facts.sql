-- The headline of a week is what its facts add up to, and a week without a fact row
-- counts 0, not NULL.
with tokens as (

    select
        week_start,
        count(*) as weekly_active_tokens,
        count(distinct token_lineage_id) as weekly_active_token_lineages,
        count(distinct developer_id) as weekly_active_developers,
        sum(qualified_requests) as qualified_requests
    from {{ ref('fct_weekly_active_tokens') }}
    group by week_start

),

companies as (

    select
        week_start,
        count(*) as weekly_active_companies
    from {{ ref('fct_weekly_active_companies') }}
    group by week_start

)

select north_star.*
from {{ ref('fct_north_star_weekly') }} as north_star
left join tokens
    on north_star.week_start = tokens.week_start
left join companies
    on north_star.week_start = companies.week_start
where
    not north_star.is_data_gap
    and (
        coalesce(north_star.weekly_active_tokens, -1)
        <> coalesce(tokens.weekly_active_tokens, 0)
        or coalesce(north_star.weekly_active_token_lineages, -1)
        <> coalesce(tokens.weekly_active_token_lineages, 0)
        or coalesce(north_star.weekly_active_developers, -1)
        <> coalesce(tokens.weekly_active_developers, 0)
        or coalesce(north_star.qualified_requests, -1)
        <> coalesce(tokens.qualified_requests, 0)
        or coalesce(north_star.weekly_active_companies, -1)
        <> coalesce(companies.weekly_active_companies, 0)
    )
