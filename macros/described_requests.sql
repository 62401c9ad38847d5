{#- Requests with what the lists and the registry have on each: whether it is listed as a duplicate (definition D20), who
    owned its token at that time (definition D12), its client and its endpoint, as numbers where they have names. What all
    that means together is asked later, see with_outcome. Whoever needs few requests finds them first: describing one
    costs many times what reading it does. -#}
{% macro described_requests(requests, duplicates, token_owners, endpoints, user_agents, clients) -%}
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
        coalesce(requests.sample_rate < 1, false) as is_sampled,
        requests.endpoint,
        endpoints.is_health_endpoint,
        endpoints.is_hello_world_endpoint,
        requests.requested_at,
        requests.event_date,
        {{ reporting_date('requests.requested_at') }} as activity_date,
        requests.is_malformed,
        requests.is_repeated or duplicates.file_hash is not null as is_duplicate
    from {{ requests }} as requests
    left join {{ duplicates }} as duplicates
        on
            requests.file_hash = duplicates.file_hash
            and requests.file_row_number = duplicates.file_row_number
    left join {{ token_owners }} as token_owners
        on
            requests.token_id = token_owners.token_id
            and requests.requested_at >= token_owners.valid_from
            and requests.requested_at < token_owners.valid_to
    left join {{ endpoints }} as endpoints
        on requests.judged_endpoint = endpoints.endpoint
    left join (
        select
            user_agents.user_agent,
            clients.client_number
        from {{ user_agents }} as user_agents
        inner join {{ clients }} as clients
            on
                user_agents.sdk = clients.sdk
                and user_agents.language = clients.language
                and user_agents.client_kind = clients.client_kind
                and user_agents.is_monitor = clients.is_monitor
                and user_agents.is_bot = clients.is_bot
    ) as user_agents
        on requests.user_agent = user_agents.user_agent
{%- endmacro %}
