-- Vanity beside value: what each campaign brought in each week since it was first seen,
-- and what became of it (definition D27).
-- One row per week, channel and campaign.
select
    week_start,
    week_status,
    channel,
    campaign,
    page_views,
    sign_ups,
    tokens_created,
    first_requests_7d,
    hello_worlds_7d,
    active_developers_week_4,
    active_companies_week_4,
    sign_ups_per_active_developer,
    sign_ups_per_active_company,
    usual_page_views,
    usual_sign_ups,
    usual_tokens_created,
    usual_hello_worlds_7d,
    has_rising_inputs,
    has_rising_value,
    is_vanity
from {{ ref('int_scorecards_flagged') }}
where scorecard = 'campaign' and is_seen
