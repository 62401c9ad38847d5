-- What marketing and the portal count, by the channel and campaign it came by: up to
-- the watermark, without the program's own people and their tokens (definition D27). A
-- token came by the channel of its first developer.
-- One row per week, channel and campaign.
with watermark as (

    select * from {{ ref('int_watermark') }}

),

developers as (

    select * from {{ ref('int_developers') }}

),

developer_channels as (

    select * from {{ ref('int_developer_channels') }}

),

visit_channels as (

    select * from {{ ref('int_visit_channels') }}

),

page_views as (

    select * from {{ ref('int_page_view_visits') }}

),

registered as (

    select
        'sign_up' as kind,
        developer_id,
        signed_up_at as occurred_at
    from developers
    union all
    select
        'token_created' as kind,
        first_developer_id as developer_id,
        created_at as occurred_at
    from {{ ref('int_tokens') }}

),

occurrences as (

    select
        registered.kind,
        {{ week_start(reporting_date('registered.occurred_at')) }} as week_start,
        coalesce(developer_channels.channel, 'unknown') as channel,
        coalesce(developer_channels.campaign, '') as campaign,
        1 as occurrences
    from registered
    inner join watermark
        on registered.occurred_at <= watermark.watermark_at
    left join developers
        on registered.developer_id = developers.developer_id
    left join developer_channels
        on registered.developer_id = developer_channels.developer_id
    where not coalesce(developers.is_internal, false)
    union all
    select
        'page_view' as kind,
        page_views.week_start,
        visit_channels.channel,
        page_views.campaign,
        page_views.page_views as occurrences
    from page_views
    inner join visit_channels
        on
            page_views.source = visit_channels.source
            and page_views.medium = visit_channels.medium
            and page_views.campaign = visit_channels.campaign

)

select
    week_start,
    channel,
    campaign,
    cast(sum(case when kind = 'page_view' then occurrences else 0 end) as bigint)
        as page_views,
    cast(sum(case when kind = 'sign_up' then occurrences else 0 end) as bigint)
        as sign_ups,
    cast(sum(case when kind = 'token_created' then occurrences else 0 end) as bigint)
        as tokens_created
from occurrences
group by week_start, channel, campaign
