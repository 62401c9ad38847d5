-- The three facts as one script for DuckDB and nothing else: what somebody writes by hand who knows
-- the engine and these logs, and needs no tests, no other engine and no part of it by itself. It
-- reads raw/ and the lists, and its rows have to equal those of the models.
--
-- What it does not do: fields that a program added, several CRMs, several sources of logs, other
-- vars than the defaults, is_suspected_shared, and what failed last before a hello world.
--
-- Variables: log, ledger (landing.files), repeats, portal_tokens, portal_developers, companies,
-- contacts, stars (Parquet files) and seeds (a folder).

-- Texts become numbers before the rows are read, so that these are grouped by integers alone. A
-- function of a dictionary's column and constants runs once for each value of the dictionary.
set variable agents = (select list(distinct user_agent) from read_parquet(getvariable('log')));
set variable apis = (select list(distinct api) from read_parquet(getvariable('log')));
set variable files = (
    select list(distinct file_hash) from read_parquet(getvariable('ledger'))
);
set variable health_checks = (
    select string_agg(replace(replace(pattern, '_', '.'), '%', '.*'), '|')
    from read_csv(getvariable('seeds') || '/endpoint_kinds.csv')
    where kind = 'health'
);
set variable no_integration = (
    select string_agg(replace(replace(pattern, '_', '.'), '%', '.*'), '|')
    from read_csv(getvariable('seeds') || '/endpoint_kinds.csv')
);

create temp table agents as
with lists as (
    select
        number,
        lower(trim(user_agent)) as agent
    from (select unnest(getvariable('agents')) as user_agent) as listed
    cross join lateral (select list_position(getvariable('agents'), user_agent) as number)
),

clients as (
    select
        number,
        coalesce(
            min_by(sdk, priority) filter (sdk is not null),
            split_part(split_part(agent, '/', 1), ' ', 1)
        ) as sdk,
        coalesce(min_by(language, priority) filter (language is not null), 'unknown') as language,
        coalesce(min_by(client_kind, priority) filter (client_kind is not null), 'unknown')
            as client_kind
    from lists
    left join read_csv(getvariable('seeds') || '/client_patterns.csv') as patterns
        on agent like pattern
    group by number, agent
)

select
    clients.*,
    exists (
        from read_csv(getvariable('seeds') || '/user_agent_kinds.csv') as kinds
        where agent like kinds.pattern
    ) as is_no_client
from clients
inner join lists using (number);

-- Whose is what: versions of tokens, developers and companies.
create temp table developer_versions as
select
    * exclude (email),
    lower(trim(email)) as email,
    row_number() over developer_history = 1 as is_first,
    lead(updated_at) over developer_history is null as is_latest,
    if(is_first, timestamp '1900-01-01', updated_at) as valid_from,
    coalesce(lead(updated_at) over developer_history, timestamp '9999-12-31') as valid_to
from read_parquet(getvariable('portal_developers'))
window developer_history as (partition by developer_id order by updated_at);

create temp table company_versions as
select
    *,
    lead(updated_at) over company_history is null as is_latest,
    if(row_number() over company_history = 1, timestamp '1900-01-01', updated_at) as valid_from,
    coalesce(lead(updated_at) over company_history, timestamp '9999-12-31') as valid_to
from read_parquet(getvariable('companies'))
window company_history as (partition by company_id order by updated_at);

create temp table companies as
with recursive latest as (
    from company_versions
    where is_latest
),

merged as (
    select company_id, company_id as surviving_id, merged_into_company_id as next_id
    from latest
    union all
    select merged.company_id, latest.company_id, latest.merged_into_company_id
    from merged
    inner join latest
        on merged.next_id = latest.company_id
),

survivors as (
    select merged.company_id, surviving_id
    from merged
    left join latest as following
        on merged.next_id = following.company_id
    where following.company_id is null
),

owned as (
    select company_id, company_id as parent_id
    from latest
    union all
    select owned.company_id, survivors.surviving_id
    from owned
    inner join latest
        on owned.parent_id = latest.company_id
    inner join survivors
        on latest.parent_company_id = survivors.company_id
    where survivors.surviving_id <> owned.parent_id
),

topmost as (
    select owned.company_id, owned.parent_id
    from owned
    inner join latest
        on owned.parent_id = latest.company_id
    left join survivors
        on latest.parent_company_id = survivors.company_id
    where coalesce(survivors.surviving_id = owned.parent_id, true)
)

select
    survivors.company_id,
    survivors.surviving_id,
    topmost.parent_id as ultimate_parent_id
from survivors
inner join topmost
    on survivors.surviving_id = topmost.company_id;

create temp table domains as
with free_mail as (
    select domain from read_csv(getvariable('seeds') || '/public_mail_domains.csv')
    union
    select domain from read_csv(getvariable('seeds') || '/free_mail_domains.csv')
),

claimed as (
    select
        lower(trim(domain)) as domain,
        min(surviving_id) as company_id
    from company_versions
    inner join companies using (company_id)
    where is_latest
    group by 1
    having count(distinct surviving_id) = 1
),

asked as (
    select distinct split_part(email, '@', 2) as email_domain
    from developer_versions
),

suffixes as (
    select
        email_domain,
        unnest(list_transform(
            range(1, len(string_split(email_domain, '.')) + 1),
            lambda label: array_to_string(string_split(email_domain, '.')[label:], '.')
        )) as suffix
    from asked
)

select
    email_domain,
    max_by(if(free_mail.domain is null, company_id, null), length(suffix))
        filter (claimed.domain is not null or free_mail.domain is not null) as company_id,
    bool_or(internal.domain is not null) as is_internal
from suffixes
left join claimed
    on suffix = claimed.domain
left join free_mail
    on suffix = free_mail.domain
left join read_csv(getvariable('seeds') || '/internal_domains.csv') as internal
    on suffix = internal.domain
group by email_domain;

create temp table developer_companies as
with contacts as (
    select lower(trim(email)) as email, max_by(company_id, updated_at) as company_id
    from read_parquet(getvariable('contacts'))
    group by 1
),

rungs as (
    select
        developer_versions.*,
        domains.is_internal,
        bool_or(developer_versions.company_id is not null) over (partition by developer_id)
            as is_known,
        case
            when is_known then if(developer_versions.company_id is null, 'unresolved', 'developer')
            when contacts.company_id is not null then 'contact'
            when domains.company_id is not null then 'domain'
            else 'unresolved'
        end as method,
        case
            when is_known then developer_versions.company_id
            else coalesce(contacts.company_id, domains.company_id)
        end as named_id
    from developer_versions
    left join contacts
        on developer_versions.email = contacts.email
    left join domains
        on split_part(developer_versions.email, '@', 2) = domains.email_domain
)

select
    rungs.* exclude (company_id),
    coalesce(surviving_id, named_id) as company_id,
    coalesce(ultimate_parent_id, named_id) as ultimate_parent_id
from rungs
left join companies
    on rungs.named_id = companies.company_id;

create temp table token_versions as
with versions as (
    select
        row_number() over (order by token_id, updated_at) as version,
        token_id,
        developer_id,
        application_id,
        company_id,
        replaces_token_id,
        coalesce(lower(trim(environment)), 'production') as environment,
        coalesce(scopes, '') as scopes,
        created_at,
        least(revoked_at, expires_at) as ends_at,
        row_number() over token_history as place,
        lead(updated_at) over token_history is null as is_latest,
        if(place = 1, timestamp '1900-01-01', updated_at) as valid_from,
        coalesce(lead(updated_at) over token_history, timestamp '9999-12-31') as valid_to
    from read_parquet(getvariable('portal_tokens'))
    window token_history as (partition by token_id order by updated_at)
)

select
    versions.*,
    coalesce(developer_companies.is_internal, false) as is_internal
from versions
left join developer_companies
    on versions.developer_id = developer_companies.developer_id and developer_companies.is_latest;

create temp table tokens as
select
    token_id,
    min(version) as first_version,
    -- Of tokens that changed hands once; what changed more often is looked up.
    coalesce(max(valid_from) filter (place > 1), timestamp '9999-12-31') as changed_at
from token_versions
group by token_id;

set variable most_versions = (select max(place) from token_versions);
select if(getvariable('most_versions') > 2, error('A token changed hands twice.'), null);

-- Chains of tokens that took over from one another: what the registry states goes first.
create temp table lineages as
with recursive latest as (
    from token_versions
    where is_latest
),

stated as (
    select replaces_token_id as old_id, min_by(token_id, created_at) as new_id
    from latest
    where replaces_token_id is not null
    group by 1
),

near as (
    select
        older.token_id as old_id,
        newer.token_id as new_id,
        abs(epoch_us(newer.created_at) - epoch_us(older.ends_at)) as distance
    from latest as older
    inner join latest as newer
        on
            older.developer_id = newer.developer_id
            and older.application_id = newer.application_id
            and older.environment = newer.environment
            and older.scopes = newer.scopes
            and older.created_at < newer.created_at
    where
        distance <= 7 * 86400000000
        and older.token_id not in (select old_id from stated)
        and newer.token_id not in (select new_id from stated)
),

links as (
    from stated
    union all
    select old_id, new_id
    from near
    qualify
        row_number() over (partition by old_id order by distance) = 1
        and row_number() over (partition by new_id order by distance) = 1
),

chains as (
    select token_id as lineage_id, token_id
    from latest
    where token_id not in (select new_id from links)
    union all
    select chains.lineage_id, links.new_id
    from chains
    inner join links
        on chains.token_id = links.old_id
)

from chains;

-- The one pass over the log: a row per token's version, week, user agent, API and kind of answer.
create temp table repeated as
select list_position(getvariable('files'), file_hash)::bigint << 40 | row_number as place
from read_parquet(getvariable('repeats'))
qualify
    row_number() over (
        partition by
            request_id, event_date,
            event_at not between timestamp '2000-01-01' and landed_at + interval 1 day
        order by event_at, content_hash
    ) > 1;

create macro accepted_rows() as table
select
    first_version + (requested_at >= changed_at)::int as version,
    requested_at::date - date '1969-12-29' as day,
    list_position(getvariable('agents'), user_agent) as agent,
    list_position(getvariable('apis'), api) as api,
    coalesce(list_position(['production'], lower(trim(environment))), 0)
    + (environment is null)::int * 2 as environment,
    not regexp_full_match(lower(endpoint), getvariable('no_integration')) as is_hello_world_endpoint,
    regexp_full_match(lower(endpoint), getvariable('health_checks')) as is_health_check,
    coalesce(is_success, status_code between 200 and 299 or status_code = 304)
    and status_code <> 401 and status_code <> 403 as is_successful,
    requested_at
from read_parquet(getvariable('log')) as log
left join tokens
    on log.token_id = tokens.token_id
where
    requested_at >= timestamp '2000-01-01'
    and requested_at <= _landed_at + interval 1 day
    and status_code between 100 and 599
    and (list_position(getvariable('files'), _file_hash)::bigint << 40 | _row_number)
    not in (select place from repeated);

create temp table calls as
with grouped as (
    select
        version,
        (day // 7)::smallint as week,
        agent,
        api,
        (case when not is_successful then 0 when is_health_check then 1 else 2 + environment end)
        ::tinyint as kind,
        count(*) as requests,
        bit_or(1 << (day % 7)) as days,
        min(requested_at) as first_at,
        max(requested_at) as last_at,
        min(case when is_hello_world_endpoint then requested_at end) as hello_world_at
    from accepted_rows()
    group by all
)

select
    grouped.*,
    date '1969-12-29' + 7 * week as week_start,
    token_id,
    developer_id,
    case
        when kind = 0 then 'failed'
        when is_internal or kind = 1 or coalesce(is_no_client, false) then 'other'
        when kind = 2 or (kind = 4 and token_versions.environment <> 'production') then 'sandbox'
        else 'qualified'
    end as outcome
from grouped
left join token_versions using (version)
left join agents
    on agent = number;

create temp table weeks as
with watermark as (
    select min(first_at) as first_at, max(last_at) as watermark_at from calls
)

select
    week_start,
    watermark_at,
    least(week_start + interval 7 day, watermark_at) as described_at,
    row_number() over (order by week_start) as place,
    place = 1 as is_left_censored,
    case
        when watermark_at < week_start + interval 7 day then 'open'
        when watermark_at < week_start + interval 10 day then 'settling'
        else 'final'
    end as week_status
from (select distinct week_start from calls) as found
cross join watermark;

-- Weekly active tokens.
create temp table token_weeks as
with active as (
    select
        week_start,
        token_id,
        sum(requests)::bigint as attempted_requests,
        coalesce(sum(requests) filter (outcome <> 'failed'), 0)::bigint as successful_requests,
        sum(requests) filter (outcome = 'qualified')::bigint as qualified_requests,
        bit_or(days) filter (outcome = 'qualified') as days,
        min(first_at) filter (outcome = 'qualified') as first_request_at,
        max(last_at) filter (outcome = 'qualified') as last_request_at
    from calls
    where token_id is not null
    group by week_start, token_id
    having qualified_requests >= 1
)

select
    active.*,
    coalesce(lineage_id, active.token_id) as token_lineage_id,
    token_versions.developer_id,
    case
        when token_versions.company_id is not null then 'token'
        else coalesce(method, 'unresolved')
    end as resolution_method,
    coalesce(surviving_id, token_versions.company_id, developer_companies.company_id)
        as company_id,
    coalesce(
        companies.ultimate_parent_id,
        token_versions.company_id,
        developer_companies.ultimate_parent_id
    ) as ultimate_parent_company_id
from active
left join token_versions
    on
        active.token_id = token_versions.token_id
        and last_request_at >= token_versions.valid_from
        and last_request_at < token_versions.valid_to
left join developer_companies
    on
        token_versions.developer_id = developer_companies.developer_id
        and last_request_at >= developer_companies.valid_from
        and last_request_at < developer_companies.valid_to
left join companies
    on token_versions.company_id = companies.company_id
left join lineages
    on active.token_id = lineages.token_id;

create macro lifecycle_of(place, previous) as case
    when previous is null then 'new'
    when previous = place - 1 then 'retained'
    else 'resurrected'
end;

create temp table clients as
with qualified as (
    select
        week_start,
        token_id,
        coalesce(sdk, 'unknown') as sdk,
        coalesce(language, 'unknown') as language,
        coalesce(client_kind, 'unknown') as client_kind,
        coalesce(getvariable('apis')[api], 'unknown') as api_name,
        sum(requests) as requests
    from calls
    left join agents
        on agent = number
    where outcome = 'qualified' and token_id is not null
    group by all
),

named as (
    select
        week_start,
        token_id,
        unnest([sdk, language, client_kind, api_name]) as name,
        unnest([1, 2, 3, 4]) as kind,
        requests
    from qualified
),

summed as (
    select week_start, token_id, kind, name, sum(requests) as requests
    from named
    group by all
),

chosen as (
    select week_start, token_id, kind, arg_min(name, (-requests, name)) as name
    from summed
    group by all
)

select
    week_start,
    token_id,
    max(name) filter (kind = 1) as sdk,
    max(name) filter (kind = 2) as language,
    max(name) filter (kind = 3) as client_kind,
    max(name) filter (kind = 4) as api
from chosen
group by all;

create temp table channels as
with sign_ups as (
    select
        latest.developer_id,
        nullif(lower(trim(then_.utm_source)), '') as tagged_source,
        nullif(lower(trim(then_.utm_medium)), '') as tagged_medium,
        nullif(regexp_extract(then_.referrer, '^https?://(www[.])?([^/:?#]*)', 2), '') as host,
        coalesce(tagged_source, host, '(direct)') as source,
        case
            when tagged_medium is not null then tagged_medium
            when tagged_source is not null then '(not set)'
            when host is not null then 'referral'
            else '(none)'
        end as medium,
        coalesce(lower(trim(then_.utm_campaign)), '') as campaign
    from developer_versions as latest
    left join developer_versions as then_
        on
            latest.developer_id = then_.developer_id
            and latest.signed_up_at >= then_.valid_from
            and latest.signed_up_at < then_.valid_to
    where latest.is_latest
),

rules as (
    select * from read_csv(getvariable('seeds') || '/channel_rules.csv', all_varchar = true)
),

origins as (
    select distinct source, medium, campaign, category
    from sign_ups
    left join read_csv(getvariable('seeds') || '/source_categories.csv') as categories
        on source like categories.pattern
),

judged as (
    select source, medium, campaign, min_by(channel, priority::int) as channel
    from origins
    inner join rules
        on
            (source_category is null or source_category = category)
            and coalesce(regexp_full_match(medium, medium_pattern), true)
            and coalesce(regexp_full_match(source, source_pattern), true)
            and coalesce(regexp_full_match(campaign, campaign_pattern), true)
    group by all
)

select developer_id, coalesce(channel, 'Unassigned') as channel
from sign_ups
left join judged using (source, medium, campaign);

create temp table star_snapshots as
select
    github_login,
    max(stars) as stars,
    captured_at as valid_from,
    coalesce(lead(captured_at) over snapshots, timestamp '9999-12-31') as valid_to,
    lead(captured_at) over snapshots is null as is_latest
from read_parquet(getvariable('stars'))
group by github_login, captured_at
window snapshots as (partition by github_login order by captured_at);

create macro size_band(employees) as case
    when employees between 1 and 10 then '1-10'
    when employees between 11 and 50 then '11-50'
    when employees between 51 and 200 then '51-200'
    when employees between 201 and 1000 then '201-1000'
    when employees between 1001 and 5000 then '1001-5000'
    when employees > 5000 then '5001+'
    else 'unknown'
end;
create macro stars_band(stars) as case
    when stars = 0 then '0'
    when stars between 1 and 9 then '1-9'
    when stars between 10 and 99 then '10-99'
    when stars between 100 and 999 then '100-999'
    when stars >= 1000 then '1000+'
    else 'unknown'
end;

create temp table developer_weeks as
select
    week_start,
    asked.developer_id,
    coalesce(channel, 'unknown') as channel,
    coalesce(then_.country, 'unknown') as country,
    stars_band(stars_then.stars) as github_stars_band,
    coalesce(latest.country, 'unknown') as country_current,
    stars_band(stars_now.stars) as github_stars_band_current
from (select distinct week_start, developer_id from token_weeks) as asked
inner join weeks using (week_start)
left join channels using (developer_id)
left join developer_versions as then_
    on
        asked.developer_id = then_.developer_id
        and described_at >= then_.valid_from
        and described_at < then_.valid_to
left join developer_versions as latest
    on asked.developer_id = latest.developer_id and latest.is_latest
left join star_snapshots as stars_then
    on
        then_.github_login = stars_then.github_login
        and described_at >= stars_then.valid_from
        and described_at < stars_then.valid_to
left join star_snapshots as stars_now
    on latest.github_login = stars_now.github_login and stars_now.is_latest;

create temp table company_weeks as
select
    week_start,
    asked.company_id,
    size_band(then_.employee_count) as company_size_band,
    coalesce(then_.industry, 'unknown') as industry,
    coalesce(then_.plan, 'unknown') as plan,
    coalesce(then_.country, 'unknown') as country,
    size_band(latest.employee_count) as company_size_band_current,
    coalesce(latest.industry, 'unknown') as industry_current,
    coalesce(latest.plan, 'unknown') as plan_current,
    coalesce(latest.country, 'unknown') as country_current
from (
    select distinct week_start, company_id from token_weeks
    where company_id is not null
) as asked
inner join weeks using (week_start)
left join company_versions as then_
    on
        asked.company_id = then_.company_id
        and described_at >= then_.valid_from
        and described_at < then_.valid_to
left join company_versions as latest
    on asked.company_id = latest.company_id and latest.is_latest;

create table fct_weekly_active_tokens as
with lineage_weeks as (
    select
        token_lineage_id,
        week_start,
        lifecycle_of(
            place, lag(place) over (partition by token_lineage_id order by week_start)
        ) as lifecycle
    from (select distinct token_lineage_id, week_start from token_weeks) as found
    inner join weeks using (week_start)
)

select
    week_start,
    token_id,
    token_lineage_id,
    token_weeks.developer_id,
    token_weeks.company_id,
    ultimate_parent_company_id,
    resolution_method,
    attempted_requests,
    successful_requests,
    qualified_requests,
    bit_count(days)::bigint as active_days,
    first_request_at,
    last_request_at,
    lifecycle,
    is_left_censored,
    week_status,
    sdk,
    language,
    client_kind,
    api,
    coalesce(channel, 'unknown') as channel,
    coalesce(developer_weeks.country, 'unknown') as country,
    coalesce(github_stars_band, 'unknown') as github_stars_band,
    coalesce(developer_weeks.country_current, 'unknown') as country_current,
    coalesce(github_stars_band_current, 'unknown') as github_stars_band_current,
    coalesce(company_size_band, 'unknown') as company_size_band,
    coalesce(industry, 'unknown') as industry,
    coalesce(plan, 'unknown') as plan,
    coalesce(company_size_band_current, 'unknown') as company_size_band_current,
    coalesce(industry_current, 'unknown') as industry_current,
    coalesce(plan_current, 'unknown') as plan_current
from token_weeks
inner join weeks using (week_start)
inner join lineage_weeks using (week_start, token_lineage_id)
inner join clients using (week_start, token_id)
left join developer_weeks using (week_start, developer_id)
left join company_weeks using (week_start, company_id);

-- Weekly active companies.
create table fct_weekly_active_companies as
with counted as (
    select
        week_start,
        company_id,
        ultimate_parent_company_id,
        count(*) as active_tokens,
        count(distinct developer_id) as active_developers,
        sum(qualified_requests)::bigint as qualified_requests,
        bit_count(bit_or(days))::bigint as active_days
    from token_weeks
    where company_id is not null
    group by all
)

select
    week_start,
    company_id,
    ultimate_parent_company_id,
    active_tokens,
    active_developers,
    qualified_requests,
    active_days,
    lifecycle_of(place, lag(place) over (partition by company_id order by week_start)) as lifecycle,
    is_left_censored,
    week_status,
    company_weeks.* exclude (week_start, company_id)
from counted
inner join weeks using (week_start)
inner join company_weeks using (week_start, company_id);

-- Time to first hello world.
create temp table people as
select *
from developer_companies
where is_latest and not coalesce(is_internal, false);

-- The n-th success: its week is known from the weeks, its moment from that week's rows.
create temp table asked_rows as
with successful as (
    select developer_id, week_start, sum(requests) as successes
    from calls
    where developer_id is not null and outcome = 'qualified'
    group by all
),

running as (
    select
        *,
        sum(successes) over (partition by developer_id order by week_start) as so_far
    from successful
),

nth_weeks as (
    select developer_id, week_start, 10 - (so_far - successes) as wanted
    from running
    where so_far >= 10 and so_far - successes < 10
),

asked as (
    select distinct
        token_versions.* exclude (ends_at),
        wanted,
        greatest(week_start::timestamp, valid_from) as begins_at,
        least(week_start + interval 7 day, valid_to) as ends_at
    from calls
    inner join nth_weeks using (developer_id, week_start)
    inner join token_versions using (version)
    where outcome = 'qualified'
)

select
    log.requested_at,
    log.status_code,
    log.is_success,
    log.endpoint,
    log.user_agent,
    log.environment,
    log._file_hash,
    log._row_number,
    log._landed_at,
    asked.developer_id,
    asked.environment as usual_environment,
    wanted
from read_parquet(getvariable('log')) as log
inner join asked
    on
        log.token_id = asked.token_id
        and log.requested_at >= asked.begins_at
        and log.requested_at < asked.ends_at;

-- Conditions that cost more than finding these rows come after it.
create temp table nth_successes as
with successes as (
    select
        developer_id,
        wanted,
        requested_at,
        row_number() over (partition by developer_id order by requested_at) as place
    from asked_rows
    where
        requested_at <= _landed_at + interval 1 day
        and coalesce(is_success, status_code between 200 and 299 or status_code = 304)
        and status_code not in (401, 403)
        and not regexp_full_match(lower(endpoint), getvariable('health_checks'))
        and coalesce(lower(trim(environment)), usual_environment) = 'production'
        and coalesce(list_position(getvariable('agents'), user_agent), 0)
        not in (select number from agents where is_no_client)
        and (list_position(getvariable('files'), _file_hash)::bigint << 40 | _row_number)
        not in (select place from repeated)
)

select developer_id, requested_at as nth_at
from successes
where place = wanted;

create temp table first_clients as
with earliest as (
    select
        calls.developer_id,
        arg_min(
            struct_pack(
                sdk := coalesce(sdk, 'unknown'),
                language := coalesce(language, 'unknown'),
                client_kind := coalesce(client_kind, 'unknown')
            ),
            (first_at, coalesce(sdk, 'unknown'), coalesce(language, 'unknown'), client_kind)
        ) as client,
        min(first_at) as first_at
    from calls
    left join agents
        on agent = number
    where outcome <> 'other'
    group by calls.developer_id
)

select developer_id, client.sdk, client.language, client.client_kind
from earliest
inner join people using (developer_id)
where
    first_at < signed_up_at + interval 28 day
    and signed_up_at + interval 28 day <= (select max(watermark_at) from weeks);

create temp table clocks as
with reached as (
    select
        developer_id,
        min(first_at) as first_request_at,
        min(first_at) filter (outcome in ('qualified', 'sandbox')) as first_success_at,
        min(hello_world_at) filter (outcome in ('qualified', 'sandbox')) as hello_world_at,
        min(first_at) filter (outcome = 'qualified') as first_production_success_at
    from calls
    group by developer_id
),

made as (
    select first_.developer_id, min(latest.created_at) as first_token_created_at
    from token_versions as first_
    inner join token_versions as latest
        on first_.token_id = latest.token_id and latest.is_latest
    where
        first_.place = 1
        and latest.created_at <= (select max(watermark_at) from weeks)
    group by first_.developer_id
),

started as (
    select
        people.*,
        reached.* exclude (developer_id),
        made.first_token_created_at,
        nth_at as nth_production_success_at,
        least(signed_up_at, first_token_created_at) as clock_start_at,
        watermark_at,
        case
            when
                deleted_at <= watermark_at
                and (hello_world_at is null or deleted_at < hello_world_at)
                then deleted_at
        end as left_at,
        if(left_at is null, hello_world_at, null) as event_at,
        (epoch_us(coalesce(left_at, event_at, watermark_at)) - epoch_us(clock_start_at)) / 1e6
            as seconds_on_clock,
        case
            when clock_start_at > watermark_at then 'not_yet_observed'
            when seconds_on_clock < -300 then 'anomaly'
            when seconds_on_clock < 0 then 'clamped'
            else 'ok'
        end as status
    from people
    cross join (select max(watermark_at) as watermark_at from weeks) as watermark
    left join reached using (developer_id)
    left join made using (developer_id)
    left join nth_successes using (developer_id)
)

from started;

create temp table sign_up_companies as
select people.developer_id, developer_companies.company_id
from people
inner join developer_companies
    on
        people.developer_id = developer_companies.developer_id
        and people.signed_up_at >= developer_companies.valid_from
        and people.signed_up_at < developer_companies.valid_to
where developer_companies.company_id is not null;

create macro seconds_from(earlier, later) as (epoch_us(later) - epoch_us(earlier)) / 1e6;

create table fct_time_to_first_hello_world as
with pioneers as (
    select
        developer_id,
        clock_start_at,
        row_number() over (
            partition by sign_up_companies.company_id
            order by coalesce(event_at, timestamp '9999-12-31'), developer_id
        ) as place,
        min(event_at) over (partition by sign_up_companies.company_id) as first_event_at,
        nth_value(event_at, 2) over (
            partition by sign_up_companies.company_id
            order by coalesce(event_at, timestamp '9999-12-31'), developer_id
            rows between unbounded preceding and unbounded following
        ) as second_event_at
    from clocks
    inner join sign_up_companies using (developer_id)
)

select
    clocks.developer_id,
    sign_up_companies.company_id,
    clocks.clock_start_at,
    hello_world_at,
    if(status in ('ok', 'clamped'), greatest(seconds_on_clock, 0), null) as duration_seconds,
    status <> 'not_yet_observed' and event_at is not null as is_converted,
    case
        when status not in ('ok', 'clamped') or event_at is not null then null
        when left_at is not null then 'deleted'
        else 'waiting'
    end as censor_reason,
    status,
    clocks.first_docs_visit_at,
    clocks.signed_up_at,
    first_token_created_at,
    first_request_at,
    first_success_at,
    first_production_success_at,
    nth_production_success_at,
    seconds_from(clocks.first_docs_visit_at, clocks.signed_up_at) as docs_to_sign_up_seconds,
    seconds_from(clocks.signed_up_at, first_token_created_at) as sign_up_to_token_seconds,
    seconds_from(first_token_created_at, first_request_at) as token_to_first_request_seconds,
    seconds_from(first_request_at, hello_world_at) as first_request_to_hello_world_seconds,
    seconds_from(hello_world_at, first_production_success_at) as hello_world_to_production_seconds,
    coalesce(channel, 'unknown') as channel,
    size_band(company_versions.employee_count) as company_size_band,
    coalesce(company_versions.industry, 'unknown') as industry,
    coalesce(company_versions.plan, 'unknown') as plan,
    coalesce(then_.country, 'unknown') as country,
    stars_band(star_snapshots.stars) as github_stars_band,
    coalesce(first_clients.sdk, 'unknown') as sdk,
    coalesce(first_clients.language, 'unknown') as language,
    coalesce(first_clients.client_kind, 'unknown') as client_kind,
    not coalesce(
        if(place = 1, second_event_at, first_event_at) < clocks.clock_start_at, false
    ) as is_greenfield,
    clocks.signed_up_at < (select min(first_at) from calls) as is_left_truncated,
    date_trunc('week', clocks.signed_up_at)::date as cohort_week
from clocks
left join pioneers using (developer_id)
left join sign_up_companies using (developer_id)
left join first_clients using (developer_id)
left join channels using (developer_id)
left join developer_versions as then_
    on
        clocks.developer_id = then_.developer_id
        and clocks.signed_up_at >= then_.valid_from
        and clocks.signed_up_at < then_.valid_to
left join company_versions
    on
        sign_up_companies.company_id = company_versions.company_id
        and clocks.signed_up_at >= company_versions.valid_from
        and clocks.signed_up_at < company_versions.valid_to
left join star_snapshots
    on
        then_.github_login = star_snapshots.github_login
        and clocks.signed_up_at >= star_snapshots.valid_from
        and clocks.signed_up_at < star_snapshots.valid_to;
