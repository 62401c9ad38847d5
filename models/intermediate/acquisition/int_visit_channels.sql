-- The marketing channel of each origin that a sign-up or a page view came from: the one
-- place where the rules are applied (definition D13). The seeds channel_rules and
-- source_categories follow the default channel group of Google Analytics 4:
-- https://support.google.com/analytics/answer/9756891.
-- One row per source, medium and campaign.
with visits as (

    select
        source,
        medium,
        campaign
    from {{ ref('int_sign_up_visits') }}
    union all
    select
        source,
        medium,
        campaign
    from {{ ref('int_page_view_visits') }}

),

source_categories as (

    select * from {{ ref('source_categories') }}

),

-- An empty cell fits anything.
channel_rules as (

    select
        priority,
        channel,
        nullif(source_category, '') as source_category,
        nullif(source_pattern, '') as source_pattern,
        nullif(medium_pattern, '') as medium_pattern,
        nullif(campaign_pattern, '') as campaign_pattern
    from {{ ref('channel_rules') }}

),

-- Values are held against the rules once, however many visits share them. A source may
-- be of several categories.
origins as (

    select distinct
        visits.source,
        visits.medium,
        visits.campaign,
        source_categories.category
    from visits
    left join source_categories
        on visits.source like source_categories.pattern

),

media as (

    select distinct medium from visits

),

rules_by_medium as (

    select
        media.medium,
        channel_rules.priority,
        channel_rules.channel,
        channel_rules.source_category,
        channel_rules.source_pattern,
        channel_rules.campaign_pattern
    from media
    inner join channel_rules
        on
            coalesce(
                {{ matches_pattern('media.medium', 'channel_rules.medium_pattern') }},
                true
            )

),

judged as (

    select
        origins.source,
        origins.medium,
        origins.campaign,
        min_by(rules.channel, rules.priority) as channel
    from origins
    inner join rules_by_medium as rules
        on
            origins.medium = rules.medium
            and (
                rules.source_category is null
                or origins.category = rules.source_category
            )
            and coalesce(
                {{ matches_pattern('origins.source', 'rules.source_pattern') }},
                true
            )
            and coalesce(
                {{ matches_pattern('origins.campaign', 'rules.campaign_pattern') }},
                true
            )
    group by origins.source, origins.medium, origins.campaign

)

select distinct
    visits.source,
    visits.medium,
    visits.campaign,
    coalesce(judged.channel, 'Unassigned') as channel
from visits
left join judged
    on
        visits.source = judged.source
        and visits.medium = judged.medium
        and visits.campaign = judged.campaign
