-- What each channel and campaign brought, and what became of it, over all weeks: zeros
-- are zeros, and what the logs cannot tell is NULL (definitions D5, D27).
-- One row per scorecard, channel, campaign and week.
with weeks as (

    select * from {{ ref('int_scorecard_weeks') }}

),

inputs as (

    select * from {{ ref('int_acquisition_inputs') }}

),

outcomes as (

    select * from {{ ref('int_acquisition_outcomes') }}

),

shown as (

    {{ on_scorecards('inputs', [
        'week_start', 'channel', 'page_views', 'sign_ups', 'tokens_created',
    ]) }}

),

brought as (

    select
        scorecard,
        channel,
        campaign,
        week_start,
        cast(sum(page_views) as bigint) as page_views,
        cast(sum(sign_ups) as bigint) as sign_ups,
        cast(sum(tokens_created) as bigint) as tokens_created
    from shown
    group by scorecard, channel, campaign, week_start

),

origins as (

    select
        scorecard,
        channel,
        campaign,
        min(week_start) as first_seen_week
    from brought
    group by scorecard, channel, campaign

)

select
    origins.scorecard,
    origins.channel,
    origins.campaign,
    weeks.week_start,
    weeks.week_status,
    weeks.is_data_gap,
    weeks.earlier_tracked_weeks,
    weeks.week_start >= origins.first_seen_week as is_seen,
    coalesce(brought.page_views, 0) as page_views,
    coalesce(brought.sign_ups, 0) as sign_ups,
    coalesce(brought.tokens_created, 0) as tokens_created,
    case when weeks.is_7d_known then coalesce(outcomes.first_requests_7d, 0) end
        as first_requests_7d,
    case when weeks.is_7d_known then coalesce(outcomes.hello_worlds_7d, 0) end
        as hello_worlds_7d,
    case
        when weeks.is_week_4_known then coalesce(outcomes.active_developers_week_4, 0)
    end as active_developers_week_4,
    case
        when weeks.is_week_4_known then coalesce(outcomes.active_companies_week_4, 0)
    end as active_companies_week_4
from origins
cross join weeks
left join brought
    on
        origins.scorecard = brought.scorecard
        and origins.channel = brought.channel
        and origins.campaign = brought.campaign
        and weeks.week_start = brought.week_start
left join outcomes
    on
        origins.scorecard = outcomes.scorecard
        and origins.channel = outcomes.channel
        and origins.campaign = outcomes.campaign
        and weeks.week_start = outcomes.week_start
