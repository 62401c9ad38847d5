-- What each token did on each day: the one pass over the logs that every number is
-- built on. Requests without a token have a row too, so that nothing is lost.
-- One row per source, token, developer who owned it at the time, day, outcome, API,
-- SDK, language and kind of client.
with requests as (

    select * from {{ ref('int_requests_classified') }}

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
        activity_date,
        {{ week_start('activity_date') }} as week_start,
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
        developer_id,
        outcome,
        api,
        sdk,
        language,
        client_kind,
        activity_date

)

select * from aggregated
