-- Vanity told from value: weeks in which more came than usual, and no more of it
-- worked. A rise is beyond var rise_deviations usual deviations. One of page views,
-- sign-ups or tokens has to double, too, and to exceed the usual by var smallest_rise,
-- so that the ups and downs of small channels are none. Hello worlds have not to: in
-- doubt there is value.
-- One row per scorecard, channel, campaign and week.
{% set inputs = ['page_views', 'sign_ups', 'tokens_created'] %}
{% set metrics = inputs + ['hello_worlds_7d'] %}
with scorecards as (

    select * from {{ ref('int_scorecards_weekly') }}

),

baselines as (

    select
        *,
        usual + {{ var('rise_deviations') }} * usual_deviation as highest_usual
    from {{ ref('int_scorecard_baselines') }}

),

side_by_side as (

    select
        {% for metric in metrics -%}
        max(case when metric = '{{ metric }}' then usual end) as usual_{{ metric }},
        max(case when metric = '{{ metric }}' then highest_usual end)
            as highest_usual_{{ metric }},
        {% endfor -%}
        scorecard,
        channel,
        campaign,
        week_start
    from baselines
    group by scorecard, channel, campaign, week_start

),

compared as (

    select
        scorecards.*,
        {% for metric in metrics -%}
        side_by_side.usual_{{ metric }},
        {% endfor -%}
        {% for metric in inputs -%}
        {{ 'or ' if not loop.first -}}
        (
            scorecards.{{ metric }} > side_by_side.highest_usual_{{ metric }}
            and scorecards.{{ metric }} >= 2 * side_by_side.usual_{{ metric }}
            and scorecards.{{ metric }}
            >= side_by_side.usual_{{ metric }} + {{ var('smallest_rise') }}
        )
        {% endfor %} as has_rising_inputs,
        scorecards.hello_worlds_7d > side_by_side.highest_usual_hello_worlds_7d
            as has_rising_value
    from scorecards
    left join side_by_side
        on
            scorecards.scorecard = side_by_side.scorecard
            and scorecards.channel = side_by_side.channel
            and scorecards.campaign = side_by_side.campaign
            and scorecards.week_start = side_by_side.week_start

)

select
    *,
    cast(sign_ups as {{ type_double() }}) / nullif(active_developers_week_4, 0)
        as sign_ups_per_active_developer,
    cast(sign_ups as {{ type_double() }}) / nullif(active_companies_week_4, 0)
        as sign_ups_per_active_company,
    case
        when has_rising_inputs is not null and has_rising_value is not null
            then has_rising_inputs and not has_rising_value
    end as is_vanity
from compared
