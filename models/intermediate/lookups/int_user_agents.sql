-- What the seed user_agent_kinds says of each user agent.
-- One row per user agent.
with user_agents as (

    select distinct user_agent
    from {{ ref('int_requests_unioned') }}
    where user_agent is not null

),

user_agent_kinds as (

    select * from {{ ref('user_agent_kinds') }}

),

matched as (

    select
        user_agents.user_agent,
        coalesce(bool_or(user_agent_kinds.kind = 'monitor'), false) as is_monitor,
        coalesce(bool_or(user_agent_kinds.kind = 'bot'), false) as is_bot
    from user_agents
    left join user_agent_kinds
        on lower(user_agents.user_agent) like user_agent_kinds.pattern
    group by user_agents.user_agent

)

select * from matched
