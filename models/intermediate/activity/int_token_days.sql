-- What each token did on each day: the one pass over the logs that every number is
-- built on. Requests without a token have a row too, so that nothing is lost. A day of
-- the reporting time zone has a row for each UTC date that it has a part of: by these
-- it is computed again when more arrives. A malformed row has no day: its time may be
-- what is wrong with it.
-- One row per group of requests that are alike: of one token, UTC date and day, and of
-- one kind in everything that is asked of them.
{{ config(
    materialized=increments(),
    incremental_strategy='append',
    pre_hook="{{ delete_outdated_dates(ref('int_landed_dates')) }}",
    post_hook="{{ insert_further_batches('requested_at', ref('int_landed_dates')) }}"
) }}
{%- do refuse_changed_rules() -%}
{% set alike = [
    'source', 'token_id', 'owner_number', 'event_date', 'activity_date', 'api',
    'environment', 'client_number', 'is_health_endpoint', 'is_malformed',
    'is_duplicate', 'is_refused', 'is_successful', 'is_sampled',
] -%}
with grouped as (

    select
        {{ alike | join(',\n        ') }},
        count(*) as requests,
        count(distinct client_ip_hash) as client_addresses,
        min(requested_at) as first_requested_at,
        max(requested_at) as last_requested_at,
        min(case when is_hello_world_endpoint then requested_at end)
            as first_hello_world_at
    from {{ ref('int_requests_described') }}
    where {{ in_first_batch('requested_at', ref('int_landed_dates')) }}
    group by
        {{ alike | join(',\n        ') }}

),

-- Everything that costs is done once for each group.
judged as (

    {{ with_outcome('grouped', ref('int_clients'), ref('int_token_owners')) }}

),

dated as (

    select
        *,
        case when outcome <> 'malformed' then activity_date end as date_of_activity
    from judged

)

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
    date_of_activity as activity_date,
    {{ week_start('date_of_activity') }} as week_start,
    requests,
    case when is_successful then requests else 0 end as successful_requests,
    -- Of one environment: at least so many.
    case when outcome = 'qualified' then client_addresses end as client_addresses,
    is_sampled,
    first_requested_at,
    last_requested_at,
    case when outcome in ('qualified', 'sandbox') then first_hello_world_at end
        as first_hello_world_at
from dated
