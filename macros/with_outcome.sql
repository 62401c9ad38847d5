{#- Requests, or groups of requests that are alike, with their one outcome: the first that applies (definitions D6,
    D7). What "qualified" means stands here and nowhere else. Besides, what the numbers of their owners and clients
    stand for. It is asked of groups wherever there are groups: most of it costs more than reading a row. -#}
{% macro with_outcome(requests, clients, token_owners) -%}
    select
        judged.*,
        case
            when is_malformed then 'malformed'
            when is_duplicate then 'duplicate'
            when token_id is null then 'no_token'
            when is_refused then 'failed_authentication'
            when not is_successful then 'unsuccessful'
            when is_internal then 'internal'
            when is_synthetic then 'synthetic'
            when is_bot then 'bot'
            when is_sandbox then 'sandbox'
            else 'qualified'
        end as outcome
    from (
        select
            requests.*,
            token_owners.developer_id,
            clients.sdk,
            clients.language,
            clients.client_kind,
            clients.is_bot,
            coalesce(token_owners.is_internal, false) as is_internal,
            coalesce(requests.is_health_endpoint, false) or clients.is_monitor
                as is_synthetic,
            coalesce(requests.environment, token_owners.environment, 'production')
            <> 'production' as is_sandbox
        from {{ requests }} as requests
        inner join {{ clients }} as clients
            on coalesce(requests.client_number, 0) = clients.client_number
        left join {{ token_owners }} as token_owners
            on requests.owner_number = token_owners.owner_number
    ) as judged
{%- endmacro %}
