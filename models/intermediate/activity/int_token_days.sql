-- What each token did on each day: the one pass over the logs that every number is
-- built on. Requests without a token have a row too, so that nothing is lost. A day of
-- the reporting time zone has a row for each UTC date that it has a part of: by these
-- it is computed again when more arrives.
-- One row per source, token, developer who owned it at the time, day, UTC date, outcome,
-- API, SDK, language and kind of client.
{{ config(
    materialized=increments(),
    incremental_strategy='append',
    pre_hook="{{ delete_outdated_dates(ref('int_landed_dates')) }}"
) }}
{%- do refuse_changed_rules() -%}
with requests as (

    select * from {{ ref('int_requests_classified') }}
    where {{ on_outdated_dates('requested_at', ref('int_landed_dates')) }}

),

developers as (

    select distinct
        developer_number,
        developer_id
    from {{ ref('int_token_owners') }}

),

clients as (

    select * from {{ ref('int_clients') }}

),

aggregated as (

    select
        source,
        token_id,
        developer_number,
        event_date,
        activity_date,
        outcome,
        api,
        client_number,
        cast(count(*) as bigint) as requests,
        cast(sum(case when is_successful then 1 else 0 end) as bigint)
            as successful_requests,
        cast(count(distinct client_ip_hash) as bigint) as client_addresses,
        coalesce({{ any_true('sample_rate < 1') }}, false) as is_sampled,
        min(requested_at) as first_requested_at,
        max(requested_at) as last_requested_at,
        min(
            case
                when outcome in ('qualified', 'sandbox') and is_hello_world_endpoint
                    then requested_at
            end
        ) as first_hello_world_at
    from requests
    group by
        source,
        token_id,
        developer_number,
        event_date,
        activity_date,
        outcome,
        api,
        client_number

),

named as (

    select
        aggregated.source,
        aggregated.token_id,
        developers.developer_id,
        aggregated.outcome,
        aggregated.api,
        clients.sdk,
        clients.language,
        clients.client_kind,
        aggregated.event_date,
        aggregated.activity_date,
        {{ week_start('aggregated.activity_date') }} as week_start,
        aggregated.requests,
        aggregated.successful_requests,
        aggregated.client_addresses,
        aggregated.is_sampled,
        aggregated.first_requested_at,
        aggregated.last_requested_at,
        aggregated.first_hello_world_at
    from aggregated
    inner join clients
        on aggregated.client_number = clients.client_number
    left join developers
        on aggregated.developer_number = developers.developer_number

)

select * from named
