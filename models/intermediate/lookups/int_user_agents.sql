-- What the seeds user_agent_kinds and client_patterns say of each user agent. Of the
-- rows that fit, the one of the smallest priority that states an attribute wins, for
-- each attribute. Without any, the SDK is the first product: what stands before a slash
-- or a blank (RFC 9110, section 10.1.5).
-- One row per user agent.
{{ config(materialized=increments(), incremental_strategy='append') }}
with user_agents as (

    select distinct
        user_agent,
        lower(trim(user_agent)) as lower_user_agent
    from {{ ref('int_requests_unioned') }}
    where
        user_agent is not null
        and {{ on_outdated_dates('requested_at', ref('int_landed_dates')) }}
        and {{ not_there_yet('user_agent', 'user_agent') }}

),

user_agent_kinds as (

    select * from {{ ref('user_agent_kinds') }}

),

-- An empty cell says nothing; as a text it may be '' instead of NULL.
client_patterns as (

    select
        priority,
        pattern,
        nullif(sdk, '') as sdk,
        nullif(language, '') as language,
        nullif(client_kind, '') as client_kind
    from {{ ref('client_patterns') }}

),

{% set attributes = ['sdk', 'language', 'client_kind'] -%}
matched as (

    select
        user_agents.user_agent,
        user_agents.lower_user_agent,
        {% for attribute in attributes -%}
        min(
            case
                when client_patterns.{{ attribute }} is not null
                    then client_patterns.priority
            end
        ) as {{ attribute }}_priority,
        {% endfor -%}
        coalesce({{ any_true("user_agent_kinds.kind = 'monitor'") }}, false)
            as is_monitor,
        coalesce({{ any_true("user_agent_kinds.kind = 'bot'") }}, false) as is_bot
    from user_agents
    left join user_agent_kinds
        on user_agents.lower_user_agent like user_agent_kinds.pattern
    left join client_patterns
        on user_agents.lower_user_agent like client_patterns.pattern
    group by user_agents.user_agent, user_agents.lower_user_agent

),

described as (

    select
        matched.user_agent,
        matched.is_monitor,
        matched.is_bot,
        coalesce(
            of_sdk.sdk,
            {{ part_of(part_of('matched.lower_user_agent', '/', 1), ' ', 1) }}
        ) as sdk,
        coalesce(of_language.language, 'unknown') as language,
        coalesce(of_client_kind.client_kind, 'unknown') as client_kind
    from matched
    {% for attribute in attributes -%}
    left join client_patterns as of_{{ attribute }}
        on matched.{{ attribute }}_priority = of_{{ attribute }}.priority
    {% endfor %}
)

select * from described
