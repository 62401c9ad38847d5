-- Each token counts for one company a week, so companies and the tokens without one add
-- up to all tokens.
with tokens as (

    select
        week_start,
        count(*) as active_tokens,
        sum(qualified_requests) as qualified_requests
    from {{ ref('fct_weekly_active_tokens') }}
    where company_id is not null
    group by week_start

),

companies as (

    select
        week_start,
        sum(active_tokens) as active_tokens,
        sum(qualified_requests) as qualified_requests
    from {{ ref('fct_weekly_active_companies') }}
    group by week_start

)

select
    coalesce(tokens.week_start, companies.week_start) as week_start,
    tokens.active_tokens,
    companies.active_tokens as company_active_tokens
from tokens
full outer join companies
    on tokens.week_start = companies.week_start
where
    coalesce(tokens.active_tokens, 0) <> coalesce(companies.active_tokens, 0)
    or coalesce(tokens.qualified_requests, 0)
    <> coalesce(companies.qualified_requests, 0)
