-- Page views by where they came from, in the terms of web analytics, up to the
-- watermark (definition D27).
-- One row per week, source, medium and campaign.
with page_views as (

    select
        page_views.*,
        {{ week_start(reporting_date('page_views.occurred_at')) }} as week_start
    from {{ ref('stg_website__page_views') }} as page_views
    inner join {{ ref('int_watermark') }} as watermark
        on page_views.occurred_at <= watermark.watermark_at

),

-- Equal tags and referrers are looked at once, however many page views share them.
counted as (

    select
        week_start,
        utm_source,
        utm_medium,
        utm_campaign,
        referrer,
        count(*) as page_views
    from page_views
    group by week_start, utm_source, utm_medium, utm_campaign, referrer

),

visits as (

    {{ with_origins('counted') }}

)

select
    week_start,
    source,
    medium,
    campaign,
    cast(sum(page_views) as bigint) as page_views
from visits
group by week_start, source, medium, campaign
