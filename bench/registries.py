"""The people, keys and companies of the program whose requests ``bench.requests`` writes.

All of them are drawn by hashing numbers: the same rows each time, whatever is written and in which
order. The registries know the whole program from the start, also what happens after the last row
of a log; the watermark decides what counts.
"""

from __future__ import annotations

FIRST_DAY = "2024-01-01"  # a Monday
# The days that the program lives; logs are written for some of them.
DAYS = 7 * 116

# What the others draw from: a number in [0, 1) by a thing and a word.
MACROS = """
create or replace macro draw(thing, word) as (hash(hash(thing, word)) >> 11) / 9007199254740992.0;
create or replace macro waited(thing, word, mean) as -mean * ln(1 - draw(thing, word));
create or replace macro moment(day) as
    timestamp '{first_day}' + to_microseconds((day * 86400e6)::bigint);
create or replace macro one_of(names, thing, word) as
    names[1 + (draw(thing, word) * len(names))::int % len(names)];
"""

# One row per developer: a second one in five has no key; one in a hundred is the program's own.
PEOPLE = """
create or replace table people as
select
    number,
    draw(number, 'sign-up') * ({days} + 60) - 60 as sign_up_day,
    (draw(number, 'company') * {companies})::int % {companies} as company,
    case
        when draw(number, 'mail') < 0.01 then 'north-star.example'
        when draw(number, 'mail') < 0.35 then 'gmail.com'
        when draw(number, 'mail') < 0.45 then 'eng.company-' || company || '.example'
        else 'company-' || company || '.example'
    end as mail_domain,
    'dev_' || number as developer_id,
    'person' || number || '@' || mail_domain as email
from range({developers}) as numbers (number)
"""

# One row per token. The first of each developer comes first; the others take over from one
# (rotation) or are made for another application.
TOKENS = """
create or replace table tokens as
with first_tokens as (
    select
        number,
        number as developer,
        number as application,
        null::bigint as predecessor,
        sign_up_day
        + case
            when draw(number, 'early') < 0.01 then -0.001
            else waited(number, 'created', 4)
        end as created_day,
        created_day + waited(number, 'started', 6) as start_day,
        start_day
        + waited(number, 'life', case when draw(number, 'kind') < 0.3 then 6 else {life} end)
            as end_day
    from people
    where number < {first_tokens}
),

others as (
    select
        {first_tokens} + place as number,
        developer,
        case
            when draw(number, 'rotated') < 0.6 then application else {tokens} + number
        end as application,
        case when draw(number, 'rotated') < 0.6 then number end as predecessor,
        case
            when predecessor is not null then end_day + 4 * draw(number, 'gap') - 2
            else created_day + 200 * draw(number, 'second')
        end as created_day,
        created_day as start_day,
        created_day + waited(-number, 'life', {life}) as end_day
    from (
        select
            place,
            first_tokens.* rename (created_day as old_created_day)
        from range({tokens} - {first_tokens}) as places (place)
        inner join first_tokens
            on first_tokens.number = (place * 7919) % {first_tokens}
    ) as chosen (
        place, number, developer, application, predecessor_of, created_day, start_day, end_day
    )
),

known as (
    select * from first_tokens
    union all by name
    select number, developer, application, predecessor, created_day, start_day, end_day from others
)

select
    *,
    md5('token' || number) as token_id,
    md5('token' || predecessor) as predecessor_id,
    'app_' || application as application_id,
    case
        when draw(application, 'environment') < 0.05 then 'sandbox'
        when draw(application, 'environment') < 0.7 then 'production'
    end as environment,
    -- Requests of an active day: a tail as of Pareto, and some that call once a week.
    draw(number, 'rare') < 0.08 as is_rare,
    case
        when is_rare then 1
        else least(power(1 - draw(number, 'level'), -1 / 1.25), 400)
    end as level,
    case
        when is_rare then 0.14 else 0.25 + 0.75 * draw(number, 'days')
    end as share_of_days,
    case
        when draw(number, 'shared') < 0.01 then 200 else 1 + (draw(number, 'addresses') * 5)::int
    end as addresses,
    (draw(number, 'api') * 4)::int % 4 as main_api,
    (main_api + 1 + (draw(number, 'other api') * 3)::int) % 4 as other_api,
    power(draw(number, 'agent'), 2) * 199 as main_agent,
    draw(number, 'other agent') * 199 as other_agent,
    -- Handed over to a colleague or to another company.
    case when draw(number, 'handed over') < 0.03 then (start_day + end_day) / 2 end
        as handed_over_day,
    (draw(number, 'new owner') * {developers})::int % {developers} as new_owner,
    draw(number, 'ended') < 0.6 or number in (select predecessor from others) as is_revoked
from known
"""

# The raw tables of everything but the log, as queries for their rows.
TABLES = {
    "developer_portal/developers": """
        with versions as (
            select *, 1 as version, sign_up_day as day from people
            union all
            select *, 2 as version, sign_up_day + 5 + waited(number, 'moved', 200) as day
            from people
            where draw(number, 'versions') < 0.15
        )

        select
            developer_id,
            email,
            moment(sign_up_day) as signed_up_at,
            case
                when draw(number, 'docs') < 0.7
                    then moment(sign_up_day - waited(number, 'docs first', 2))
            end as first_docs_visit_at,
            case
                when draw(number, 'portal') < 0.3
                    then 'co_' || (company + version - 1) % {companies}
            end as company_id,
            case when draw(number, 'github') < 0.5 then 'login' || number end as github_login,
            one_of(['US', 'US', 'IN', 'DE', 'GB', 'FR', 'BR', 'JP', null], number + version, 'in')
                as country,
            one_of(['google', 'newsletter', 'facebook', 'linkedin', null, null], number, 'source')
                as utm_source,
            one_of(['organic', 'email', 'cpc', 'paid_social', null, null], number, 'medium')
                as utm_medium,
            one_of(['autumn', 'launch', null], number, 'campaign') as utm_campaign,
            one_of(['https://news.example/', 'https://www.google.com/search', null], number, 'from')
                as referrer,
            case
                when draw(number, 'deleted') < 0.02
                    then moment(sign_up_day + waited(number, 'gone', 100))
            end as deleted_at,
            moment(day) as updated_at
        from versions
    """,
    "developer_portal/api_tokens": """
        with versions as (
            select *, developer as owner, created_day as day from tokens
            union all
            select *, new_owner as owner, handed_over_day as day
            from tokens
            where handed_over_day is not null
        )

        select
            token_id,
            'dev_' || owner as developer_id,
            application_id,
            case when draw(number, 'of company') < 0.1 then 'co_' || number % {companies} end
                as company_id,
            environment,
            moment(created_day) as created_at,
            case when is_revoked then moment(end_day) end as revoked_at,
            case when draw(number, 'stated') < 0.5 then predecessor_id end as replaces_token_id,
            moment(day) as updated_at
        from versions
    """,
    "crm/companies": """
        with versions as (
            select number, 1 as version from range({companies}) as numbers (number)
            union all
            select number, 2 as version
            from range({companies}) as numbers (number)
            where draw(number, 'versions') < 0.3
        )

        select
            'co_' || number as company_id,
            'Company ' || number as name,
            'company-' || number || '.example' as domain,
            one_of([3, 20, 100, 500, 3000, 9000, null], number + 7 * version, 'size')
                as employee_count,
            one_of(['software', 'banking', 'retail', 'health', null], number, 'industry')
                as industry,
            one_of(['US', 'US', 'DE', 'GB', null], number, 'seat') as country,
            one_of(['free', 'team', 'enterprise'], number + version, 'plan') as plan,
            case
                when number > 9 and draw(number, 'parent') < 0.05 then 'co_' || number // 10
            end as parent_company_id,
            case
                when number > 9 and draw(number, 'merged') < 0.01 then 'co_' || (number - 1)
            end as merged_into_company_id,
            timestamp '2023-06-01' as created_at,
            case
                when version = 1 then timestamp '2023-06-01'
                else moment(draw(number, 'changed') * 700)
            end as updated_at
        from versions
    """,
    "crm/contacts": """
        select
            'contact_' || number as contact_id,
            email,
            'co_' || company as company_id,
            moment(sign_up_day + 1) as created_at,
            moment(sign_up_day + 1) as updated_at
        from people
        where draw(number, 'contact') < 0.6
    """,
    "github/profiles": """
        select
            'login' || number as github_login,
            floor(power(10, 4 * draw(number, 'stars') - 1)) + 10 * quarter as stars,
            moment(7 + 90 * quarter) as captured_at
        from people
        cross join range(8) as quarters (quarter)
        where draw(number, 'github') < 0.5
    """,
    "website/page_views": """
        select
            moment(sign_up_day - 3 + visit / 3.0) as occurred_at,
            'visitor' || number as visitor_id,
            case when visit > 6 then developer_id end as developer_id,
            one_of(['/docs/start', '/docs/keys', '/pricing', '/'], visit, 'page') as path,
            one_of(['google', 'newsletter', 'facebook', 'linkedin', null, null], number, 'source')
                as utm_source,
            one_of(['organic', 'email', 'cpc', 'paid_social', null, null], number, 'medium')
                as utm_medium
        from people
        cross join range(10) as visits (visit)
    """,
}
