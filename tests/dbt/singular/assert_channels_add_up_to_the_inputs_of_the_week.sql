-- Whatever came, came by some channel: over all of them inputs are those of the week.
with channels as (

    select
        week_start,
        sum(page_views) as page_views,
        sum(sign_ups) as sign_ups,
        sum(tokens_created) as tokens_created
    from {{ ref('fct_channel_scorecard_weekly') }}
    group by week_start

)

select north_star.*
from {{ ref('fct_north_star_weekly') }} as north_star
left join channels
    on north_star.week_start = channels.week_start
where
    north_star.page_views <> coalesce(channels.page_views, 0)
    or north_star.new_sign_ups <> coalesce(channels.sign_ups, 0)
    or north_star.tokens_created <> coalesce(channels.tokens_created, 0)
