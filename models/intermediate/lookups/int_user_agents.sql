-- What the seeds user_agent_kinds and sdk_patterns say of each user agent. Without a
-- pattern the SDK is the first product: what stands before a slash or a blank
-- (RFC 9110, section 10.1.5).
-- One row per user agent.
with user_agents as (

    select distinct
        user_agent,
        lower(trim(user_agent)) as lower_user_agent
    from {{ ref('int_requests_unioned') }}
    where user_agent is not null

),

user_agent_kinds as (

    select * from {{ ref('user_agent_kinds') }}

),

sdk_patterns as (

    select * from {{ ref('sdk_patterns') }}

),

matched as (

    select
        user_agents.user_agent,
        coalesce({{ any_true("user_agent_kinds.kind = 'monitor'") }}, false)
            as is_monitor,
        coalesce({{ any_true("user_agent_kinds.kind = 'bot'") }}, false)
            as is_bot,
        coalesce(
            min(sdk_patterns.sdk),
            min({{ part_of(part_of('user_agents.lower_user_agent', '/', 1), ' ', 1) }})
        ) as sdk
    from user_agents
    left join user_agent_kinds
        on user_agents.lower_user_agent like user_agent_kinds.pattern
    left join sdk_patterns
        on user_agents.lower_user_agent like sdk_patterns.pattern
    group by user_agents.user_agent

)

select * from matched
