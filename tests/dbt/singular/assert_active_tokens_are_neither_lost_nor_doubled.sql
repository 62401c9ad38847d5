-- What is known of developers, contacts and companies is joined to active tokens; it
-- adds none and takes none away.
with active as (

    select count(*) as token_weeks
    from {{ ref('int_active_token_weeks') }}

),

published as (

    select count(*) as token_weeks
    from {{ ref('fct_weekly_active_tokens') }}

)

select
    active.token_weeks,
    published.token_weeks as published_token_weeks
from active
cross join published
where active.token_weeks <> published.token_weeks
