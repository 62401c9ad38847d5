-- What became of the sign-ups of a week: who called and who said hello within 7 days,
-- who owned an active token in the fourth calendar week after it, and for which
-- companies.
-- One row per scorecard, week of sign-up, channel and campaign.
{% set keys = ['scorecard', 'week_start', 'channel', 'campaign'] %}
with developers as (

    select * from {{ ref('int_acquired_developers') }}

),

token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}

),

members as (

    {{ on_scorecards('developers', [
        'week_start', 'channel', 'developer_id', 'has_first_request_7d',
        'has_hello_world_7d',
    ]) }}

),

started as (

    select
        {{ keys | join(', ') }},
        cast(sum(case when has_first_request_7d then 1 else 0 end) as bigint)
            as first_requests_7d,
        cast(sum(case when has_hello_world_7d then 1 else 0 end) as bigint)
            as hello_worlds_7d
    from members
    group by {{ keys | join(', ') }}

),

stayed as (

    select
        members.{{ keys | join(', members.') }},
        cast(count(distinct token_weeks.developer_id) as bigint)
            as active_developers_week_4,
        cast(count(distinct token_weeks.company_id) as bigint)
            as active_companies_week_4
    from members
    inner join token_weeks
        on
            members.developer_id = token_weeks.developer_id
            and cast({{ days_after('members.week_start', 28) }} as date)
            = token_weeks.week_start
    group by members.{{ keys | join(', members.') }}

)

select
    started.*,
    coalesce(stayed.active_developers_week_4, 0) as active_developers_week_4,
    coalesce(stayed.active_companies_week_4, 0) as active_companies_week_4
from started
left join stayed
    on
        started.scorecard = stayed.scorecard
        and started.week_start = stayed.week_start
        and started.channel = stayed.channel
        and started.campaign = stayed.campaign
