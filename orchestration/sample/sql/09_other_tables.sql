-- The CRM's contacts: some developers, some of them without a company, and people who never sign
-- up.
create table contacts as
with of_developers as (
    select
        identifier('con_', 'contact', person) as contact_id,
        -- Sales writes addresses in its own way.
        if(uniform('contact_typing', person) < 0.2, ' ' || upper(plain_email), plain_email)
            as email,
        if(employment in ('contact', 'portal'), company_id, null) as company_id,
        least(
            later(signed_up_at, 864000 * (uniform('contact_created', person) - 0.5)),
            getvariable('end_at') - interval 1 hour
        ) as created_at,
        if(converts, 'customer', 'lead') as lifecycle_stage,
        channel as original_source
    from developers
    where
        not is_campaign
        and not is_internal
        and (
            employment = 'contact'
            or uniform('is_contact', person)
            < case employment when 'portal' then 0.5 when 'free_mail' then 0.15 else 0 end
        )
),

leads as (
    select
        identifier('con_', 'lead', number) as contact_id,
        'lead.' || number || '@' || companies.domain as email,
        companies.company_id,
        days.day + interval 9 hour as created_at,
        'lead' as lifecycle_stage,
        'event' as original_source
    from range(getvariable('developers') // 10) as numbers (number)
    inner join companies
        on companies.company
        = 1 + floor(uniform('lead', number) * (select max(company) from companies))
    asof join days on uniform('lead_at', number) >= days.cumulative_share
)

select *, created_at as updated_at from of_developers
union all
select *, created_at from leads
union all
-- A newer contact of the same address, without a company: the newer counts.
select
    contact_id || '_2', lower(trim(email)), null, created_at + interval 40 days, 'lead', 'import',
    created_at + interval 40 days
from of_developers
where uniform('contact_twice', contact_id) < 0.02
    and created_at + interval 40 days < getvariable('end_at')
order by updated_at, contact_id;

-- Monthly snapshots of GitHub accounts.
create table profiles as
with months as (
    select unnest(generate_series(
        getvariable('first_day'), getvariable('end_at'), interval 1 month
    )) as month
),

accounts as (
    select
        person,
        github_login,
        signed_up_at,
        deleted_at,
        uniform('stars', person) < 0.35 as has_no_stars,
        exp(1.6 + 1.9 * normal('stars', person)) as stars,
        0.06 * uniform('stars_growth', person) as growth
    from developers
    where github_login is not null
)

select
    github_login,
    if(
        has_no_stars, 0,
        floor(stars * pow(1 + growth, date_diff('month', signed_up_at, month)))
    )::bigint as stars,
    floor(3 * exp(1.2 * normal('followers', person)))::bigint as followers,
    floor(20 * uniform('repositories', person))::bigint as public_repos,
    later(month + interval 3 hour, 3600 * uniform('captured', person)) as captured_at
from accounts
inner join months
    on months.month + interval 4 hour < getvariable('end_at')
    and months.month > signed_up_at - interval 31 days
    and (deleted_at is null or months.month < deleted_at)
order by captured_at, github_login;

-- The website's log.
create table page_views as
with before_sign_up as (
    select
        first_docs_visit_at as occurred_at, person || '/docs' as view, person,
        null as developer_id, '/docs/quickstart' as path, referrer, is_campaign
    from developers
    where first_docs_visit_at is not null
    union all
    select
        later(signed_up_at, -60 - 900 * uniform('landing_page', person)), person || '/landing',
        person, null, '/' || coalesce('?utm_source=' || utm_source, ''), referrer, is_campaign
    from developers
    union all
    select
        later(signed_up_at, -20), person || '/sign-up', person, null, '/sign-up',
        'https://www.north-star.example/?session=' || md5(person), is_campaign
    from developers
),

after_sign_up as (
    select
        later(
            signed_up_at,
            86400 * 30 * exponential('read_at', person || '/' || number)
        ) as occurred_at,
        person || '/read/' || number as view,
        person,
        developer_id,
        pick(['/docs/orders', '/docs/search', '/docs/errors?from=' || language, '/docs/sdk',
              '/dashboard', '/pricing'], uniform('read', person || '/' || number)) as path,
        null as referrer,
        is_campaign
    from developers, range(12) as numbers (number)
    where not is_campaign and number < 4 * exponential('reads', person)
),

of_developers as (
    select
        views.* exclude (person),
        identifier('v_', 'visitor', views.person) as visitor_id,
        developers.utm_source,
        developers.utm_medium,
        developers.utm_campaign
    from (
        select * from before_sign_up
        union all by name
        select * from after_sign_up
    ) as views
    inner join developers using (person)
),

-- Most visitors never sign up.
visitors as (
    select
        later(days.day, moment_of_day(
            uniform('visit_hour', number), uniform('visit_minute', number)
        )) as occurred_at,
        'visitor/' || number as view,
        identifier('v_', 'stranger', number) as visitor_id,
        pick(['/', '/docs/quickstart', '/docs/orders', '/blog/hello-world?ref=feed', '/pricing'],
             uniform('visit', number)) as path,
        channels.utm_source,
        channels.utm_medium,
        channels.utm_campaign,
        channels.referrer,
        false as is_campaign
    from range(getvariable('developers') * 5) as numbers (number)
    asof join days on uniform('visit_day', number) >= days.cumulative_share
    asof join channels on uniform('visit_channel', number) >= channels.cumulative_share
),

campaign_visitors as (
    select
        later(signed_up_at, 7200 * (uniform('click', person || '/' || number) - 0.5))
            as occurred_at,
        person || '/click/' || number as view,
        identifier('v_', 'click', person || '/' || number) as visitor_id,
        '/?utm_source=facebook' as path,
        utm_source,
        utm_medium,
        utm_campaign,
        referrer,
        true as is_campaign
    from developers, range(5) as numbers (number)
    where is_campaign
)

select * from of_developers
union all by name
select * from visitors
union all by name
select * from campaign_visitors
order by occurred_at, view;

delete from page_views where occurred_at >= getvariable('end_at');
