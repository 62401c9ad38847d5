-- What a channel or campaign usually has in a week: the median of the var
-- scorecard_baseline_weeks tracked weeks before it, and how far these usually are from
-- it, both deaf to a campaign among them. Weeks before a campaign was first seen are
-- zeros. Half of the weeks are enough; with fewer nothing is usual yet.
-- One row per scorecard, channel, campaign, week and metric.
{% set metrics = ['page_views', 'sign_ups', 'tokens_created', 'hello_worlds_7d'] %}
{% set keys = ['scorecard', 'channel', 'campaign', 'week_start', 'metric'] %}
{% set weeks = var('scorecard_baseline_weeks') %}
with scorecards as (

    select * from {{ ref('int_scorecards_weekly') }}

),

listed as (

    {% for metric in metrics %}
    select
        scorecard,
        channel,
        campaign,
        week_start,
        is_data_gap,
        earlier_tracked_weeks,
        '{{ metric }}' as metric,
        {{ metric }} as value
    from scorecards
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

trailing_weeks as (

    select
        listed.scorecard,
        listed.channel,
        listed.campaign,
        listed.week_start,
        listed.metric,
        earlier.value
    from listed
    inner join listed as earlier
        on
            listed.scorecard = earlier.scorecard
            and listed.channel = earlier.channel
            and listed.campaign = earlier.campaign
            and listed.metric = earlier.metric
            and listed.earlier_tracked_weeks > earlier.earlier_tracked_weeks
            and listed.earlier_tracked_weeks - {{ weeks }}
            <= earlier.earlier_tracked_weeks
    where not earlier.is_data_gap and earlier.value is not null

),

medians as (

    {{ medians_of('trailing_weeks', keys, 'value') }}

),

distances as (

    select
        trailing_weeks.*,
        abs(trailing_weeks.value - medians.median) as distance
    from trailing_weeks
    inner join medians
        on
            trailing_weeks.scorecard = medians.scorecard
            and trailing_weeks.channel = medians.channel
            and trailing_weeks.campaign = medians.campaign
            and trailing_weeks.week_start = medians.week_start
            and trailing_weeks.metric = medians.metric
    where medians.number_of_values >= {{ (weeks + 1) // 2 }}

),

median_distances as (

    {{ medians_of('distances', keys, 'distance') }}

)

select
    medians.{{ keys | join(', medians.') }},
    medians.median as usual,
    -- As wide as a standard deviation where values are spread as chance spreads them.
    1.4826 * median_distances.median as usual_deviation
from medians
inner join median_distances
    on
        medians.scorecard = median_distances.scorecard
        and medians.channel = median_distances.channel
        and medians.campaign = median_distances.campaign
        and medians.week_start = median_distances.week_start
        and medians.metric = median_distances.metric
