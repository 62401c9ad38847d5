-- What a reader of the files should find, judged on the generator's own rows by the project's
-- definitions: the outcome of every row (D7), with the duplicates of D20.
create table duplicates as
with in_range as (
    select
        *,
        if(
            request_id is null,
            md5(concat_ws('|', requested_at, token, method, path, endpoint, api, status_code,
                coalesce(is_success::varchar, '-'), coalesce(environment, '-'), latency_ms,
                coalesce(user_agent, '-'), coalesce(client_country, '-'), client_ip,
                coalesce(application_id, '-'))),
            null
        ) as content
    from delivered
    where
        fault is null
        and (
            request_id is null
            or request_id in (
                select request_id from delivered group by request_id having count(*) > 1
            )
        )
),

identified as (
    select
        row_key,
        requested_at,
        coalesce(
            request_id,
            -- Equal rows of one file are different requests.
            content || '/'
            || row_number() over (partition by file_name, request_id, content order by row_key)
        ) as identity
    from in_range
)

select row_key
from identified
qualify row_number() over (
    partition by identity, requested_at::date order by requested_at, row_key
) > 1;

create table judged as
with judged_rows as (
    select
        delivered.*,
        delivered.fault in (
            'malformed_json', 'missing_time', 'unparseable_time', 'missing_status',
            'unparseable_status'
        ) as is_unreadable,
        duplicates.row_key is not null as is_duplicate
    from delivered
    left join duplicates using (row_key)
)

select
    judged_rows.*,
    date_trunc('week', requested_at)::timestamp as week_start,
    coalesce(handovers.receiver_id, tokens.developer_id) as owner_id,
    case
        when is_unreadable then 'unreadable'
        when fault is not null then 'malformed'
        when is_duplicate then 'duplicate'
        when coalesce(trim(judged_rows.token), '') = '' then 'no_token'
        when status_code in (401, 403) then 'failed_authentication'
        when not coalesce(is_success, status_code between 200 and 299 or status_code = 304)
            then 'unsuccessful'
        when judged_rows.is_internal then 'internal'
        when endpoint = '/health'
            or regexp_matches(user_agent, 'kube-probe|Pingdom|UptimeRobot') then 'synthetic'
        when regexp_matches(user_agent, 'Googlebot|bingbot|AhrefsBot') then 'bot'
        when coalesce(judged_rows.environment, token_environment, 'production') <> 'production'
            then 'sandbox'
        else 'qualified'
    end as outcome
from judged_rows
left join tokens on judged_rows.token = tokens.token
left join handovers
    on tokens.slot = handovers.slot
    and judged_rows.requested_at >= handovers.handed_over_at;

-- The first hello world of each developer (D15).
create table hello_worlds as
select owner_id as developer_id, min(requested_at) as hello_world_at
from judged
where
    outcome in ('qualified', 'sandbox')
    and endpoint not in ('/health', '/docs')
    and owner_id is not null
group by all;

-- Developers who succeed before their clock starts (D18), because clocks disagree.
create table clock_skews as
with clocks as (
    select
        developer_id,
        least(min(developers.signed_up_at), min(tokens.created_at)) as clock_start_at
    from developers
    left join tokens using (developer_id)
    group by all
)

select
    developer_id,
    if(hello_world_at < clock_start_at - interval 300 second, 'anomaly', 'clamped') as status
from hello_worlds
inner join clocks using (developer_id)
where hello_world_at < clock_start_at
order by developer_id;

create table weekly_truth as
with activity as (
    select
        week_start,
        count(*) filter (outcome = 'qualified') as qualified_requests,
        count(distinct token) filter (outcome = 'qualified') as weekly_active_tokens,
        count(distinct coalesce(slot, token)) filter (outcome = 'qualified')
            as weekly_active_token_lineages
    from judged
    where outcome not in ('unreadable', 'malformed', 'duplicate')
    group by all
),

registry as (
    select
        date_trunc('week', happened_at)::timestamp as week_start,
        count(*) filter (kind = 'sign_up') as sign_ups,
        count(*) filter (kind = 'internal') as internal_sign_ups,
        count(*) filter (kind = 'token') as tokens_created,
        count(*) filter (kind = 'internal token') as internal_tokens_created,
        count(*) filter (kind = 'page_view') as page_views
    from (
        select 'sign_up' as kind, signed_up_at as happened_at from developers
        union all
        select 'internal', signed_up_at from developers where is_internal
        union all
        select 'token', created_at from tokens
        union all
        select 'internal token', created_at from tokens where is_internal
        union all
        select 'page_view', occurred_at from page_views
    )
    group by all
),

firsts as (
    select date_trunc('week', hello_world_at)::timestamp as week_start, count(*) as hello_worlds
    from hello_worlds
    group by all
)

-- A week without a row of any kind is not a week without activity: nothing is known of it.
select
    weeks.week_start::date as week_start,
    activity.qualified_requests,
    activity.weekly_active_tokens,
    activity.weekly_active_token_lineages,
    if(activity.week_start is null, null, coalesce(firsts.hello_worlds, 0)) as hello_worlds,
    -- Counted whatever the log says.
    coalesce(registry.sign_ups, 0) as sign_ups,
    coalesce(registry.internal_sign_ups, 0) as internal_sign_ups,
    coalesce(registry.tokens_created, 0) as tokens_created,
    coalesce(registry.internal_tokens_created, 0) as internal_tokens_created,
    coalesce(registry.page_views, 0) as page_views
from weeks
left join activity using (week_start)
left join firsts using (week_start)
left join registry using (week_start)
order by week_start;
