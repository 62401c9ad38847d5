-- How the log reaches its files: mostly at once, sometimes hours or weeks later, sometimes twice.

-- One file a week, in whatever format and way of writing times the gateway was set to at the time.
create table request_files as
with odd_formats as (
    select * from (
        values
        ('2024-W40', 'csv.gz', 'iso'), ('2024-W45', 'parquet', 'timestamp'),
        ('2025-W05', 'jsonl.zst', 'iso'), ('2025-W12', 'jsonl.gz', 'offset'),
        ('2025-W15', 'jsonl.gz', 'epoch_ms'), ('2025-W21', 'ndjson', 'iso')
    ) as odd_formats (week, format, time_style)
)

select
    weeks.week_start,
    strftime(weeks.week_start, '%G-W%V') as file_name,
    coalesce(odd_formats.format, 'jsonl.gz') as format,
    coalesce(odd_formats.time_style, 'iso') as time_style
from weeks
left join odd_formats on odd_formats.week = strftime(weeks.week_start, '%G-W%V')
union all
select null, getvariable('late_file'), 'jsonl.gz', 'iso'
order by file_name;

-- One row per row of a file, before it is written out.
create table delivered as
with drawn as (
    select *, random_bits('delivery', call) as bits, uniform('delivery_delay', call) as delay_share
    from requests
    where not (getvariable('with_outage') and is_in_outage(requested_at))
),

-- Some logs carry no request id.
first_deliveries as (
    select
        * replace (
            if(kind = 'regular' and share_of(bits, 0) < 0.003, null, request_id) as request_id
        ),
        call as row_key,
        case
            -- A collector that was down: a quarter of one week arrives months later.
            when date_trunc('week', requested_at) = getvariable('late_week')
                and share_of(bits, 2) < 0.25 then null
            when share_of(bits, 3) < 0.004 then later(requested_at, 86400 * (1 + 25 * delay_share))
            when share_of(bits, 3) < 0.06 then later(requested_at, 21600 * delay_share)
            else requested_at
        end as delivered_at
    from drawn
),

second_deliveries as (
    select
        first_deliveries.* replace (
            row_key || '/again' as row_key,
            -- Half of the retries are stamped again; across midnight that is a request of its own.
            if(
                share_of(bits, 1) > 0.003 and request_id is not null
                and date_trunc('week', later(requested_at, 5))
                    = date_trunc('week', requested_at),
                later(requested_at, 0.04 + 4 * delay_share), requested_at
            ) as requested_at,
            later(requested_at, if(
                request_id is null and delay_share < 0.3, 1, 86400 * (0.1 + 8 * delay_share)
            )) as delivered_at
        )
    from first_deliveries
    where
        delivered_at is not null
        and (share_of(bits, 1) < 0.006 or (request_id is null and share_of(bits, 1) < 0.5))
),

deliveries as (
    select * from first_deliveries
    union all
    select * from second_deliveries
),

on_their_way as (
    select
        * replace (
            case
                when delivered_at >= getvariable('end_at') then requested_at
                -- Nothing was delivered in the outage, of other weeks either.
                when is_in_outage(delivered_at) and not is_in_outage(requested_at)
                    then delivered_at + interval 7 days
                else delivered_at
            end as delivered_at
        ),
        null as fault
    from deliveries
),

-- Rows that no reader should count, each with its fault.
faults as (
    select
        *,
        'fault/' || fault || '/' || number as call,
        random_bits('fault', fault || '/' || number) as bits
    from (
        values
        ('malformed_json', true), ('missing_time', true), ('unparseable_time', true),
        ('missing_status', true), ('unparseable_status', true),
        ('status_0', false), ('status_999', false), ('clock_2099', false), ('clock_1970', false)
    ) as kinds (fault, is_unreadable),
        range(greatest(2, getvariable('developers') // 150)) as numbers (number)
),

faulty_weeks as (
    select week_start, row_number() over (order by week_start) - 1 as week_number
    from request_files
    where format = 'jsonl.gz' and time_style = 'iso' and not is_in_outage(week_start)
),

faulty as (
    select
        'fault' as kind,
        faults.call,
        faults.call as row_key,
        false as is_internal,
        false as is_campaign,
        fault,
        identifier('req_', 'request', faults.call) as request_id,
        later(week_start + interval 1 day, 86400 * share_of(bits, 1)) as delivered_at,
        case fault
            when 'missing_time' then null
            when 'clock_2099' then later(timestamp '2099-12-31', 3600 * share_of(bits, 1))
            when 'clock_1970' then later(timestamp '1970-01-01', 3600 * share_of(bits, 1))
            else delivered_at
        end as requested_at,
        getvariable('unknown_token') as token,
        'GET' as method,
        '/v1/orders' as path,
        '/v1/orders' as endpoint,
        'orders' as api,
        case fault
            when 'missing_status' then null
            when 'status_0' then 0
            when 'status_999' then 999
            else 200
        end as status_code,
        'production' as environment,
        20 as latency_ms,
        'north-star-go/0.9.0' as user_agent
    from faults
    inner join faulty_weeks
        on faulty_weeks.week_number
        = floor(share_of(bits, 0) * (select count(*) from faulty_weeks))::bigint
),

all_rows as (
    select * exclude (bits, delay_share) from on_their_way
    union all by name
    select * from faulty
)

select
    all_rows.*,
    coalesce(request_files.file_name, getvariable('late_file')) as file_name
from all_rows
left join request_files on date_trunc('week', all_rows.delivered_at) = request_files.week_start;
