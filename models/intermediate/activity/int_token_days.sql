-- What each token did on each day: the one pass over the logs that every number is
-- built on. Requests without a token have a row too, so that nothing is lost. A day of
-- the reporting time zone has a row for each UTC date that it has a part of: by these
-- it is computed again when more arrives. A malformed row has no day: its time may be
-- what is wrong with it.
-- One row per source, token, developer who owned it at the time, day, UTC date,
-- outcome, API, SDK, language and kind of client.
{{ config(
    materialized=increments(),
    incremental_strategy='append',
    pre_hook="{{ delete_outdated_dates(ref('int_landed_dates')) }}"
) }}
{%- do refuse_changed_rules() -%}
with requests as (

    select * from {{ ref('int_requests_described') }}
    where {{ on_outdated_dates('requested_at', ref('int_landed_dates')) }}

),

-- Everything that costs is done once for each group of requests that are alike.
{% set alike = [
    'source', 'token_id', 'owner_number', 'event_date', 'activity_date', 'api',
    'environment', 'client_number', 'is_health_endpoint', 'is_malformed',
    'is_duplicate', 'is_refused', 'is_successful',
] -%}
grouped as (

    select
        {{ alike | join(',\n        ') }},
        count(*) as requests,
        count(distinct client_ip_hash) as client_addresses,
        {{ any_true('sample_rate < 1') }} as is_sampled,
        min(requested_at) as first_requested_at,
        max(requested_at) as last_requested_at,
        min(case when is_hello_world_endpoint then requested_at end)
            as first_hello_world_at
    from requests
    group by
        {{ alike | join(',\n        ') }}

),

judged as (

    {{ with_outcome('grouped', ref('int_clients'), ref('int_token_owners')) }}

),

dated as (

    select
        source,
        token_id,
        developer_id,
        outcome,
        coalesce(api, 'unknown') as api,
        sdk,
        language,
        client_kind,
        event_date,
        case when outcome <> 'malformed' then activity_date end as activity_date,
        requests,
        case when is_successful then requests else 0 end as successful_requests,
        case when outcome = 'qualified' then client_addresses end as client_addresses,
        is_sampled,
        first_requested_at,
        last_requested_at,
        case when outcome in ('qualified', 'sandbox') then first_hello_world_at end
            as first_hello_world_at
    from judged

),

aggregated as (

    select
        source,
        token_id,
        developer_id,
        outcome,
        api,
        sdk,
        language,
        client_kind,
        event_date,
        activity_date,
        {{ week_start('activity_date') }} as week_start,
        cast(sum(requests) as bigint) as requests,
        cast(sum(successful_requests) as bigint) as successful_requests,
        -- Of one environment: at least so many.
        cast(max(client_addresses) as bigint) as client_addresses,
        coalesce({{ any_true('is_sampled') }}, false) as is_sampled,
        min(first_requested_at) as first_requested_at,
        max(last_requested_at) as last_requested_at,
        min(first_hello_world_at) as first_hello_world_at
    from dated
    group by
        source,
        token_id,
        developer_id,
        outcome,
        api,
        sdk,
        language,
        client_kind,
        event_date,
        activity_date

)

select * from aggregated
