"""The SQL that the rows of ``bench.requests`` are made by: what is called, by whom and when."""

AGENTS = """
create or replace table agents as
select
    number,
    case
        when number % 50 = 37 then 'Mozilla/5.0 (compatible; Googlebot/2.' || number || ')'
        when number % 50 = 41 then 'kube-probe/1.' || number
        else one_of([
            'north-star-python/2.', 'north-star-node/1.', 'north-star-go/0.', 'curl/8.',
            'PostmanRuntime/7.', 'python-requests/2.', 'axios/1.', 'okhttp/4.',
            'Go-http-client/1.', 'Claude-User/1.', 'Zapier/1.', 'acme-integration/3.'
        ], number % 17, 'agent') || number
    end as user_agent
from range(200) as numbers (number)
"""

# Fifteen endpoints of each of four APIs; the last of each is no integration.
ENDPOINTS = """
create or replace table endpoints as
select
    number,
    ['orders', 'payments', 'search', 'events'][1 + number // 15] as api,
    case
        when number = 14 then '/health'
        when number % 15 = 14 then '/docs/' || api
        else '/v1/' || api || '/' || chr((97 + number % 15)::int) || '/{id}'
    end as endpoint,
    replace(endpoint, '{id}', '') as prefix,
    ['GET', 'GET', 'POST', 'PUT'][1 + number % 4] as method
from range(60) as numbers (number)
"""

# One row per token and day with requests; one of a thousand arrives a week late. `repeats` of the
# requests are delivered twice in their own file, and as many once more a week later.
TOKEN_DAYS = """
create or replace table token_days as
with called as (
    select
        number,
        day,
        day as event_day,
        is_rare,
        level * (0.5 + draw(number * 10000 + day, 'requests')) as volume,
        case
            when is_rare then 1 else greatest(round(volume * {factor}), 1)
        end::bigint as requests,
        case when day < start_day + 1 then 700 else 58 end as failures
    from tokens
    inner join range({first_day}, {end_day}) as days (day)
        on day >= floor(start_day) and day <= end_day
    where draw(number * 10000 + day, 'called') < share_of_days
),

wrong_clocks as (
    select
        number,
        day,
        case when number % 2 = 0 then -9000 else day + 40 end as event_day,
        3 as requests,
        58 as failures
    from called
    where draw(number * 10000 + day, 'clock') < 0.0002
),

nameless as (
    select null as number, day, day as event_day, {nameless} as requests, 300 as failures
    from range({first_day}, {end_day}) as days (day)
)

select
    number,
    day,
    event_day,
    requests,
    failures,
    floor(requests / 400 + draw(coalesce(number, -1) * 10000 + event_day, 'repeats'))::bigint
        as wanted_repeats,
    case when requests > 1 then least(wanted_repeats, requests // 2) else 0 end as repeats,
    case when draw(coalesce(number, -1) * 10000 + day, 'late') < 0.001 then day + 7 else day end
        as arrival_day
from (
    select * exclude (is_rare, volume) from called
    union all select * from wrong_clocks
    union all select * from nameless
) as days
"""

# The rows of some token days, in order; `places` says which of their places in the file.
ROWS = """
with days as (
    select
        token_days.*,
        tokens.* exclude (number, level),
        cast(
            sum(requests + repeats) over (
                order by event_day, token_id nulls last rows unbounded preceding
            ) as bigint
        ) - requests - repeats as rows_before
    from token_days
    left join tokens
        on token_days.number = tokens.number
    where {days}
    order by event_day, token_id nulls last
),

placed as (
    select
        *,
        date '{program_start}' + event_day::int as event_date,
        unnest(range({places})) as place
    from days
    {which}
),

numbered as (
    select
        *,
        -- The first ones are delivered twice, one after the other.
        case when place < 2 * repeats then place // 2 else place - repeats end as request,
        (coalesce(number, 9000000) * 20000 + event_day + 10000) * 1000000 + request
        + case when event_day <> day then 900000 else 0 end as key,
        hash(hash(key)) as drawn
    from placed
),

chosen as (
    select
        *,
        case when (drawn >> 8) & 127 < 115 then coalesce(main_api, 0) else coalesce(other_api, 1)
        end * 15 + case
            when (drawn >> 15) & 1023 < 6 then 14 else ((drawn >> 15) & 1023) % 14
        end as endpoint_number,
        (case when (drawn >> 25) & 127 < 115 then coalesce(main_agent, 7)
            else coalesce(other_agent, 9) end)::bigint as agent_number,
        coalesce(number, 0) * 8 + (drawn >> 44) % coalesce(addresses, 50) as address_number,
        86400000000 // requests as slot
    from numbered
)

select
    md5('request' || key) as request_id,
    make_timestamp(
        epoch_us(event_date) + request * slot + (drawn % slot::ubigint)::bigint
    ) as requested_at,
    token_id,
    endpoints.method,
    endpoints.prefix || (drawn >> 20) % 9000 as path,
    endpoints.endpoint,
    endpoints.api,
    case
        when (drawn >> 32) & 1023 < failures
            then case when chosen.number is null then 401 else [400, 404, 429, 500, 401]
                [1 + ((drawn >> 42) % 5)::int] end
        when (drawn >> 42) & 7 = 0 then 201
        when (drawn >> 42) & 127 = 9 then 304
        else 200
    end as status_code,
    case when environment = 'sandbox' or chosen.number % 3 = 0 then environment end as environment,
    ((drawn >> 50) % 4000) / 10.0 as latency_ms,
    agents.user_agent,
    addresses.country as client_country,
    addresses.address as client_ip_hash,
    application_id,
    '{file_hash}' as _file_hash,
    rows_before + place + 1 as _row_number,
    timestamp '{landed_at}' as _landed_at
from chosen
left join endpoints
    on chosen.endpoint_number = endpoints.number
left join agents
    on chosen.agent_number = agents.number
left join addresses
    on chosen.address_number = addresses.number
"""
