-- What the lists and the registry say of each logged request: the developer who owned
-- its token at that time (definition D12), and the properties that decide its outcome.
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
        user_agents.*,
        clients.client_number
    from {{ ref('int_user_agents') }} as user_agents
    inner join {{ ref('int_clients') }} as clients
        on
            user_agents.sdk = clients.sdk
            and user_agents.language = clients.language
            and user_agents.client_kind = clients.client_kind

),

described as (

    select
        requests.source,
        requests.token_id,
        token_owners.developer_id,
        token_owners.developer_number,
        requests.client_ip_hash,
        coalesce(requests.api, 'unknown') as api,
        coalesce(user_agents.sdk, 'unknown') as sdk,
        coalesce(user_agents.client_number, 0) as client_number,
        requests.sample_rate,
        requests.requested_at,
        requests.event_date,
        requests.status_code,
        requests.endpoint,
        requests.is_malformed,
        requests.is_duplicate,
        requests.status_code not in (401, 403)
        and coalesce(
            requests.is_success,
            requests.status_code between 200 and 299
            or requests.status_code
            in ({{ (var('extra_success_status_codes') or [0]) | join(', ') }})
        ) as is_successful,
        coalesce(token_owners.is_internal, false) as is_internal,
        coalesce(endpoints.is_health_endpoint, false)
        or coalesce(user_agents.is_monitor, false) as is_synthetic,
        coalesce(user_agents.is_bot, false) as is_bot,
        coalesce(requests.environment, token_owners.environment, 'production')
        <> 'production' as is_sandbox,
        coalesce(endpoints.is_hello_world_endpoint, false) as is_hello_world_endpoint
    from requests
    left join token_owners
        on
            requests.token_id = token_owners.token_id
            and requests.requested_at >= token_owners.valid_from
            and requests.requested_at < token_owners.valid_to
    left join endpoints
        on coalesce(requests.endpoint, requests.path, '') = endpoints.endpoint
    left join user_agents
        on requests.user_agent = user_agents.user_agent

)

select * from described
