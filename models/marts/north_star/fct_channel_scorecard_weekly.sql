-- Vanity beside value: what each marketing channel brought in each week, and what
-- became of it (definition D27). A channel that lifts only the former is flagged.
-- One row per week and channel, for all channels ever seen.
select
    week_start,
    week_status,
    channel,
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
where scorecard = 'channel'
