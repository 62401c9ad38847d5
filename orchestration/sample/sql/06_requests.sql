-- Every call that was made, before anything happens to it on its way into a file. One row per call;
-- call is its key. Text that only the file needs is drawn in the next step.

-- The weeks each slot is at work in, and with how many calls.
create table working_weeks as
select
    slots.slot,
    weeks.week_start,
    slots.slot || '/' || strftime(weeks.week_start, '%Y-%m-%d') as slot_week,
    greatest(
        if(slots.is_crew, 12, 0),
        floor(
            slots.weekly_rate * weeks.season
            * exp(0.4 * normal('busy', slots.slot || '/' || weeks.week_start))
            + uniform('rounding', slots.slot || '/' || weeks.week_start)
        )
    )::bigint as calls
from slots
inner join weeks
    on slots.works_from < weeks.week_start + interval 7 days
    and slots.works_until > weeks.week_start
where uniform('present', slots.slot || '/' || weeks.week_start) < slots.presence;

create table calls as
with numbered as (
    select slot, week_start, slot_week, unnest(range(calls)) as number from working_weeks
),

drawn as (
    select
        slot,
        week_start,
        slot_week || '/' || number as call,
        random_bits('call', slot_week || '/' || number) as bits
    from numbered
),

regular as (
    select
        slot,
        'regular' as kind,
        call,
        later(
            week_start + to_days(day_of_week(share_of(bits, 0))::integer),
            moment_of_day(share_of(bits, 1), share_of(bits, 2))
        ) as requested_at,
        case
            when share_of(bits, 3) < 0.86 then 200
            when share_of(bits, 3) < 0.90 then 201
            when share_of(bits, 3) < 0.91 then 204
            when share_of(bits, 3) < 0.935 then 304
            else pick(
                [400, 404, 404, 422, 429, 429, 500, 503, 401], (share_of(bits, 3) - 0.935) / 0.065
            )
        end as status_code
    from drawn
),

-- The hello world itself: the first call of a slot that works.
first_successes as (
    select
        slot, 'first_success' as kind, slot || '/first' as call, works_from as requested_at,
        200 as status_code
    from slots
    where works_from is not null
),

attempt_numbers as (
    select
        slot,
        unnest(range(
            if(
                converts,
                least(8, floor(2.0 * exponential('attempts', slot))),
                if(
                    uniform('tries', slot) < if(is_campaign, 0.5, 0.75),
                    least(15, ceil(4.0 * exponential('attempts', slot))), 0
                )
            )::bigint
        )) as number
    from slots
    where slot_number = 1 and not is_clamped and not is_anomaly
),

-- What goes wrong before, or for ever: mostly the key is not sent as it should be.
attempts as (
    select
        slots.slot,
        'attempt' as kind,
        slots.slot || '/attempt/' || number as call,
        case
            when slots.converts then later(
                slots.created_at,
                (epoch_ms(slots.works_from) - epoch_ms(slots.created_at)) / 1000.0
                * uniform('attempt_at', slots.slot || '/' || number)
            )
            else later(slots.created_at, 1200 * (number + 1) * exponential(
                'attempt_at', slots.slot || '/' || number
            ))
        end as requested_at,
        if(
            slots.is_campaign,
            401,
            pick([401, 401, 401, 401, 401, 400, 400, 422, 429, 500, 403],
                 uniform('attempt_status', slots.slot || '/' || number))
        ) as status_code
    from attempt_numbers
    inner join slots using (slot)
),

of_slots as (
    select * from regular
    union all by name
    select * from first_successes
    union all by name
    select * from attempts
),

with_keys as (
    select of_slots.*, tokens.token
    from of_slots
    asof join tokens on of_slots.slot = tokens.slot and of_slots.requested_at >= tokens.used_from
),

while_working as (
    select with_keys.*
    from with_keys
    inner join slots using (slot)
    where
        with_keys.requested_at < slots.works_until
        and (with_keys.kind <> 'regular' or with_keys.requested_at > slots.works_from)
),

-- Traffic of nobody in the registry.
health_checks as (
    select
        'health_check' as kind,
        'health/' || moment as call,
        later(moment, 90 * uniform('health', moment)) as requested_at,
        200 as status_code
    from (
        select unnest(generate_series(
            getvariable('first_day'), getvariable('end_at') - interval 1 hour, interval 6 hour
        )) as moment
    )
),

crawlers as (
    select
        'crawler' as kind,
        'crawler/' || strftime(days.day, '%Y-%m-%d') || '/' || number as call,
        later(days.day, 86400 * uniform('crawler', days.day || '/' || number)) as requested_at,
        if(uniform('crawler_status', days.day || '/' || number) < 0.8, 200, 404) as status_code
    from days, range(3) as numbers (number)
),

strangers as (
    select
        'stranger' as kind,
        'stranger/' || strftime(weeks.week_start, '%Y-%m-%d') || '/' || number as call,
        later(weeks.week_start, 604800 * uniform('stranger', weeks.week_start || '/' || number))
            as requested_at,
        if(uniform('stranger_status', weeks.week_start || '/' || number) < 0.9, 401, 200)
            as status_code
    from weeks, range(greatest(2, getvariable('developers') // 60)) as numbers (number)
),

-- A key that no registry knows and that the API lets in.
unknown_key as (
    select
        'unknown_key' as kind,
        'unknown/' || strftime(weeks.week_start, '%Y-%m-%d') || '/' || number as call,
        later(
            weeks.week_start + to_days((number % 4)::integer),
            moment_of_day(
                uniform('unknown', weeks.week_start || '/' || number),
                uniform('unknown_too', weeks.week_start || '/' || number)
            )
        ) as requested_at,
        200 as status_code,
        getvariable('unknown_token') as token
    from weeks, range(5) as numbers (number)
    where weeks.week_start >= getvariable('unknown_key_week')
),

all_calls as (
    select * from while_working
    union all by name
    select * from health_checks
    union all by name
    select * from crawlers
    union all by name
    select * from strangers
    union all by name
    select * from unknown_key
)

select * from all_calls
where
    requested_at >= getvariable('first_day')
    and requested_at < getvariable('end_at');

create table endpoints as
select * from (
    values
    (0, 'GET', '/v1/orders', 'orders'), (1, 'GET', '/v1/orders/{id}', 'orders'),
    (2, 'POST', '/v1/orders', 'orders'), (3, 'GET', '/v1/orders/{id}/items', 'orders'),
    (4, 'GET', '/v1/search', 'search'), (5, 'GET', '/v1/search/suggest', 'search'),
    (6, 'POST', '/v1/payments', 'payments'), (7, 'GET', '/v1/payments/{id}', 'payments'),
    (8, 'GET', '/health', null), (9, 'GET', '/docs', null)
) as endpoints (endpoint_number, method, endpoint, api);

-- What the gateway logs of each call.
create table requests as
with drawn as (
    select
        *,
        random_bits('client', call) as client_bits,
        random_bits('answer', call) as answer_bits
    from calls
),

chosen as (
    select
        drawn.*,
        slots.* exclude (slot, address),
        coalesce(slots.address, '0.') as address,
        coalesce(
            drawn.kind = 'regular' and (
                (slots.is_monitored and share_of(client_bits, 0) < 0.6)
                or (slots.is_crawled and share_of(client_bits, 0) < 0.1)
            ), false
        ) as is_robot,
        case
            when drawn.kind = 'health_check' or (is_robot and slots.is_monitored) then 8
            when drawn.kind = 'crawler' then 9
            -- Even the docs are read with a key now and then.
            when drawn.kind = 'regular' and share_of(answer_bits, 0) < 0.005 then 9
            when share_of(answer_bits, 0) < 0.65
                then floor(8 * coalesce(slots.favourite_share, 0.1))
            else floor(8 * (share_of(answer_bits, 0) - 0.65) / 0.35)
        end::bigint as endpoint_number
    from drawn
    left join slots on drawn.slot = slots.slot
)

select
    call,
    kind,
    slot,
    coalesce(is_internal, false) as is_internal,
    coalesce(is_campaign, false) as is_campaign,
    environment as token_environment,
    'req_' || lower(hex(random_bits('request', call))) as request_id,
    requested_at,
    -- An empty key is none.
    if(kind = 'stranger' and share_of(client_bits, 1) < 0.3, '', token) as token,
    method,
    replace(endpoint, '{id}', left(endpoint[5:], 3) || '_' || (answer_bits >> 44)::varchar)
    || case
        when kind = 'regular' and share_of(client_bits, 1) < 0.004 then '?access_token=' || token
        when kind = 'regular' and share_of(client_bits, 1) < 0.05 then '?page=2&limit=100'
        else ''
    end as path,
    endpoint,
    api,
    status_code,
    -- Search answers 200 with an error inside.
    if(
        api = 'search',
        (status_code between 200 and 299 or status_code = 304)
        and (kind <> 'regular' or share_of(answer_bits, 1) > 0.03),
        null
    ) as is_success,
    case
        when environment is null or share_of(client_bits, 2) < 0.2 then null
        when environment = 'sandbox' and favourite_share < 0.1 then 'test'
        -- A production key at the sandbox's address.
        when not is_crew and kind = 'regular' and share_of(client_bits, 2) > 0.99 then 'sandbox'
        else environment
    end as environment,
    round(exp(3 + 2.5 * share_of(answer_bits, 2)))::bigint as latency_ms,
    case
        when kind = 'health_check'
            then pick(['kube-probe/1.29', 'Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)'],
                      share_of(client_bits, 3))
        when is_robot and is_monitored
            then pick(['kube-probe/1.29', 'Mozilla/5.0+(compatible; UptimeRobot/2.0; '
                       || 'http://www.uptimerobot.com/)'], favourite_share)
        when kind = 'crawler' or is_robot
            then pick(['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
                       'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
                       'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)'],
                      share_of(client_bits, 3))
        when kind = 'stranger' then 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0'
        when kind = 'unknown_key' then 'north-star-go/0.9.0'
        when language = 'none' or share_of(client_bits, 0) < 0.02 then null
        when language = 'curl' then if(favourite_share < 0.6, 'curl/8.5.0', 'PostmanRuntime/7.42.0')
        else 'north-star-' || language || case language
            when 'python' then '/2.' when 'node' then '/1.' when 'go' then '/0.' else '/3.'
        end || (1 + date_diff('month', getvariable('first_day'), requested_at) // 3)::varchar || '.'
        || floor(3 * coalesce(favourite_share, 0))::integer::varchar
    end as user_agent,
    case
        when share_of(client_bits, 3) < 0.7 then country
        when share_of(client_bits, 3) < 0.85 then 'US'
    end as client_country,
    -- Addresses of the range that is set aside for benchmarks (RFC 2544).
    '198.18.' || case
        when is_shared
            then ((client_bits >> 8) & 255)::varchar || '.' || (client_bits & 255)::varchar
        else address || (client_bits & 1)::varchar
    end as client_ip,
    if(share_of(answer_bits, 3) < 0.5, application_id, null) as application_id
from chosen
inner join endpoints using (endpoint_number);
