-- What the lists and the registry have on each logged request: who owned its token at
-- that time (definition D12), its client and its endpoint, as numbers where they have
-- names. What all that means together is asked later, of groups of requests.
-- One row per logged request.
with requests as (

    select * from {{ ref('int_requests_deduplicated') }}

),

token_owners as (

    select * from {{ ref('int_token_owners') }}

),

endpoints as (

    select * from {{ ref('int_endpoints') }}

),

user_agents as (

    select
        user_agents.user_agent,
        clients.client_number
    from {{ ref('int_user_agents') }} as user_agents
    inner join {{ ref('int_clients') }} as clients
        on
            user_agents.sdk = clients.sdk
            and user_agents.language = clients.language
            and user_agents.client_kind = clients.client_kind
            and user_agents.is_monitor = clients.is_monitor
            and user_agents.is_bot = clients.is_bot

),

described as (

    select
        requests.source,
        requests.token_id,
        token_owners.owner_number,
        requests.client_ip_hash,
        requests.api,
        requests.environment,
        user_agents.client_number,
        requests.status_code,
        requests.status_code in (401, 403) as is_refused,
        requests.status_code not in (401, 403)
        and coalesce(
            requests.is_success,
            requests.status_code between 200 and 299
            or requests.status_code
            in ({{ (var('extra_success_status_codes') or [0]) | join(', ') }})
        ) as is_successful,
        requests.sample_rate,
        requests.endpoint,
        endpoints.is_health_endpoint,
        endpoints.is_hello_world_endpoint,
        requests.requested_at,
        requests.event_date,
        {{ reporting_date('requests.requested_at') }} as activity_date,
        requests.is_malformed,
        requests.is_duplicate
    from requests
    left join token_owners
        on
            requests.token_id = token_owners.token_id
            and requests.requested_at >= token_owners.valid_from
            and requests.requested_at < token_owners.valid_to
    left join endpoints
        on requests.judged_endpoint = endpoints.endpoint
    left join user_agents
        on requests.user_agent = user_agents.user_agent

)

select * from described
