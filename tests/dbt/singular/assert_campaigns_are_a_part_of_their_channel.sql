-- What campaigns brought and what became of it is a part of what their channel did.
{% set counts = [
    'page_views', 'sign_ups', 'tokens_created', 'first_requests_7d', 'hello_worlds_7d',
    'active_developers_week_4',
] %}
with campaigns as (

    select
        {% for column in counts -%}
        sum({{ column }}) as {{ column }},
        {% endfor -%}
        max(active_companies_week_4) as active_companies_week_4,
        week_start,
        channel
    from {{ ref('fct_campaign_scorecard_weekly') }}
    group by week_start, channel

)

select campaigns.*
from campaigns
left join {{ ref('fct_channel_scorecard_weekly') }} as channels
    on
        campaigns.week_start = channels.week_start
        and campaigns.channel = channels.channel
where
    channels.week_start is null
    {% for column in counts + ['active_companies_week_4'] -%}
    or campaigns.{{ column }} > channels.{{ column }}
    {% endfor %}
