-- The rows as their files have them: request_rows with columns, request_lines as lines of JSON.
create view request_rows as
select
    delivered.file_name,
    request_files.format,
    delivered.fault,
    delivered.delivered_at,
    delivered.row_key,
    delivered.requested_at as requested_timestamp,
    case request_files.time_style
        when 'offset' then case length(coalesce(delivered.path, '')) % 3
            when 0 then strftime(
                delivered.requested_at + interval 2 hour, '%Y-%m-%dT%H:%M:%S.%g+02:00'
            )
            when 1 then strftime(
                delivered.requested_at - interval 5 hour, '%Y-%m-%dT%H:%M:%S.%g-05:00'
            )
            else strftime(
                delivered.requested_at + interval 330 minute, '%Y-%m-%dT%H:%M:%S.%g+05:30'
            )
        end
        when 'epoch_ms' then epoch_ms(delivered.requested_at)::varchar
        else if(
            delivered.fault = 'unparseable_time', 'yesterday',
            strftime(delivered.requested_at, '%Y-%m-%dT%H:%M:%S.%gZ')
        )
    end as requested_at,
    request_files.time_style,
    delivered.request_id,
    delivered.token,
    delivered.method,
    delivered.path,
    delivered.endpoint,
    delivered.api,
    delivered.status_code,
    delivered.is_success,
    delivered.environment,
    delivered.latency_ms,
    delivered.user_agent,
    delivered.client_country,
    delivered.client_ip,
    delivered.application_id
from delivered
inner join request_files using (file_name);

create view request_lines as
with written as (
    select
        file_name,
        format,
        fault,
        delivered_at,
        row_key,
        to_json({
            request_id: request_id,
            requested_at: if(
                time_style = 'epoch_ms', requested_at::json, to_json(requested_at)
            ),
            token: token,
            method: method,
            path: path,
            endpoint: endpoint,
            api: api,
            status_code: if(
                fault = 'unparseable_status', '"ok"'::json, to_json(status_code)
            ),
            is_success: is_success,
            environment: environment,
            latency_ms: latency_ms,
            user_agent: user_agent,
            client_country: client_country,
            client_ip: client_ip,
            application_id: application_id
        })::varchar as line
    from request_rows
)

select
    file_name,
    format,
    delivered_at,
    row_key,
    -- A line that broke off while it was written.
    if(fault = 'malformed_json', left(line, length(line) // 2), line) as line
from written;
