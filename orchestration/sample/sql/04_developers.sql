-- When people sign up. A person's key is what all their chance hangs on.
create table sign_ups as
with people as (
    select unnest(range(1, getvariable('developers') + 1)) as ordinal
),

keyed as (
    select
        ordinal,
        ordinal::varchar as person,
        false as is_campaign,
        ordinal <= getvariable('crew') as is_crew,
        ordinal % 50 = 0 as is_internal,
        uniform('sign_up_day', ordinal) as share,
        random_bits('sign_up_moment', ordinal) as bits
    from people
)

select
    ordinal,
    person,
    is_campaign,
    is_crew,
    is_internal,
    later(
        -- The largest customer was there from the start.
        if(is_crew, getvariable('first_day') + to_days((ordinal % 10)::integer), days.day),
        moment_of_day(share_of(bits, 0), share_of(bits, 1))
    ) as signed_up_at
from keyed
asof join days on keyed.share >= days.cumulative_share;

-- The campaign doubles the sign-ups of its two weeks (four more at least) and brings nobody who
-- stays.
insert into sign_ups
with extra as (
    select unnest(range(1, 1 + greatest(4, (
        select count(*) from sign_ups
        where signed_up_at >= getvariable('campaign_week')
            and signed_up_at < getvariable('campaign_week') + interval 14 days
    )))) as number
    where getvariable('with_campaign')
),

keyed as (
    select *, random_bits('campaign_moment', number) as bits from extra
)

select
    getvariable('developers') + number,
    'campaign-' || number,
    true,
    false,
    false,
    later(
        getvariable('campaign_week')
        + to_days((7 * (number % 2) + day_of_week(share_of(bits, 2)))::integer),
        moment_of_day(share_of(bits, 0), share_of(bits, 1))
    )
from keyed;

create table channels as
select * from (
    values
    ('organic_search', 0.00, 0.50, null, null, null, 'https://www.google.com/search?q=orders+api'),
    ('docs', 0.28, 0.64, 'docs', 'referral', null, 'https://docs.north-star.example/start?tab=1'),
    ('github', 0.44, 0.62, 'github', 'referral', null, 'https://github.com/north-star-example/sdk'),
    ('partner', 0.60, 0.70, 'acme-cloud', 'partner', 'marketplace', 'https://partners.example/'),
    ('conference', 0.69, 0.42, 'devconf', 'event', 'devconf-2025', null),
    ('paid_social', 0.77, 0.28, 'linkedin', 'paid_social', 'evergreen', 'https://linkedin.com/'),
    ('newsletter', 0.84, 0.55, 'newsletter', 'email', 'monthly', null),
    ('direct', 0.89, 0.52, null, null, null, null)
) as channels (
    channel, cumulative_share, conversion_share, utm_source, utm_medium, utm_campaign, referrer
);

-- One row per developer: who they are, whether and how fast they get to a hello world, what becomes
-- of them. delay_seconds: from sign-up to the first successful call, null for those who never make
-- one.
create table developers as
with drawn as (
    select
        sign_ups.*,
        channels.* exclude (cumulative_share),
        identifier('dev_', 'developer', person) as developer_id,
        random_bits('profile', person) as profile_bits,
        random_bits('employment', person) as employment_bits,
        uniform('fate', person) as fate,
        uniform('fate_at', person) as fate_at,
        uniform('language', person) as language_share,
        -- A few registries' clocks disagree with the gateway's: success 2 minutes before the sign-
        -- up, and 2 hours before it.
        not is_campaign and ordinal % 400 = 33 as is_clamped,
        not is_campaign and ordinal % 400 = 34 as is_anomaly
    from sign_ups
    asof join channels on uniform('channel', sign_ups.person) >= channels.cumulative_share
),

employed as (
    select
        *,
        case
            when is_crew then 'portal'
            when is_internal then 'internal'
            when is_campaign or share_of(employment_bits, 0) < 0.24 then 'free_mail'
            -- How the company can be found: the portal knows it, a CRM contact, the e-mail's
            -- domain.
            when share_of(employment_bits, 1) < 0.56 then 'portal'
            when share_of(employment_bits, 1) < 0.72 then 'contact'
            else 'domain'
        end as employment,
        (select max(company) from companies) as companies_count,
        case
            when is_clamped or is_anomaly then 'java'
            when language_share < 0.40 then 'python'
            when language_share < 0.66 then 'node'
            when language_share < 0.79 then 'go'
            when language_share < 0.89 then 'java'
            when language_share < 0.96 then 'curl'
            else 'none'
        end as language
    from drawn
),

placed as (
    select
        *,
        case
            when is_crew then 1
            when employment in ('portal', 'contact', 'domain')
                then 2 + floor((companies_count - 1) * pow(share_of(employment_bits, 2), 2))
        end::bigint as company,
        (2 + floor((companies_count - 1) * share_of(employment_bits, 3)))::bigint as next_company,
        getvariable('with_sdk_release') and language = getvariable('sdk_language')
            and signed_up_at >= getvariable('sdk_release_at') as has_new_sdk
    from employed
),

decided as (
    select
        *,
        is_crew or is_internal or is_clamped or is_anomaly
        or (
            not is_campaign
            and uniform('converts', person) < if(
                -- Who is twice as fast gives up half as often at any moment.
                has_new_sdk, 1 - pow(1 - conversion_share, 1 / getvariable('sdk_factor')),
                conversion_share
            )
        ) as converts
    from placed
),

timed as (
    select
        *,
        case
            when not converts then null
            when is_clamped then -120.0
            when is_anomaly then -7200.0
            when is_crew then 1800 + 40000 * uniform('delay', person)
            else greatest(90, 10800 * exp(1.7 * normal('delay', person)))
                * if(has_new_sdk, getvariable('sdk_factor'), 1)
        end as delay_seconds,
        if(
            fate < 0.03 and not is_crew and not is_internal,
            later(signed_up_at, 86400 * (20 + 200 * fate_at)), null
        ) as planned_deleted_at,
        if(
            fate between 0.03 and 0.09 and employment = 'portal' and not is_crew,
            later(signed_up_at, 86400 * (60 + 300 * fate_at)), null
        ) as planned_moved_at,
        if(
            fate between 0.2 and 0.3, later(signed_up_at, 86400 * 200 * fate_at), null
        ) as planned_edited_at
    from decided
)

select
    timed.* exclude (
        has_new_sdk, profile_bits, employment_bits, fate, fate_at, language_share, conversion_share,
        planned_deleted_at, planned_moved_at, planned_edited_at, companies_count,
        utm_source, utm_medium, utm_campaign, referrer
    ),
    if(is_campaign, getvariable('campaign_source'), utm_source) as utm_source,
    if(is_campaign, getvariable('campaign_medium'), utm_medium) as utm_medium,
    if(is_campaign, getvariable('campaign_name'), utm_campaign) as utm_campaign,
    if(is_campaign, 'https://l.facebook.com/?fbclid=' || md5(person), referrer) as referrer,
    if(planned_deleted_at < getvariable('end_at'), planned_deleted_at, null) as deleted_at,
    if(planned_moved_at < getvariable('end_at'), planned_moved_at, null) as moved_at,
    if(planned_edited_at < getvariable('end_at'), planned_edited_at, null) as edited_at,
    later(signed_up_at, delay_seconds) as first_success_at,
    if(
        uniform('docs_visit', person) < 0.7,
        later(signed_up_at, -18000 * exp(1.8 * normal('docs_visit_at', person))), null
    ) as first_docs_visit_at,
    pick(['US', 'US', 'US', 'US', 'US', 'US', 'DE', 'DE', 'DE', 'IN', 'IN', 'IN', 'GB', 'GB', 'FR',
          'BR', 'JP', 'CA', 'NL', 'NG', null], share_of(profile_bits, 0)) as country,
    pick(['backend', 'backend', 'backend', 'full-stack', 'full-stack', 'frontend', 'data', 'devops',
          'student', 'founder', null], share_of(profile_bits, 1)) as role,
    pick(['ada', 'alan', 'barbara', 'carlos', 'chen', 'dana', 'edsger', 'fatima', 'grace', 'hiro',
          'ines', 'jamal', 'katherine', 'linus', 'maria', 'niklaus', 'olga', 'priya', 'radia',
          'sam'],
         share_of(profile_bits, 2)) as first_name,
    if(
        share_of(profile_bits, 3) < 0.5 and not is_campaign,
        first_name || '-' || left(md5(concat_ws('|', getvariable('seed'), 'github', person)), 8),
        null
    ) as github_login,
    first_name || '.' || ordinal || case
        when is_internal then '@north-star.example'
        when employment = 'free_mail' or (employment = 'contact' and uniform('home', person) < 0.5)
            then '@' || pick(
                ['gmail.com', 'gmail.com', 'gmail.com', 'outlook.com', 'hotmail.com', 'yahoo.com',
                 'proton.me', 'qq.com'], uniform('free_mail', person)
            )
        else if(uniform('subdomain', person) < 0.1, '@eng.', '@') || companies.domain
    end as plain_email,
    -- What people type: capitals, a blank.
    if(
        uniform('typing', person) < 0.05 or (is_internal and ordinal % 100 = 0),
        upper(left(plain_email, 1)) || replace(substr(plain_email, 2), '@n', '@N') || ' ',
        plain_email
    ) as email,
    companies.company_id,
    companies.domain,
    next_companies.company_id as next_company_id,
    next_companies.domain as next_domain
from timed
left join companies on timed.company = companies.company
left join companies as next_companies on timed.next_company = next_companies.company
order by timed.ordinal;

-- The portal's records: one row per developer and version.
create table developer_versions as
with moments as (
    select person, signed_up_at as version_at from developers
    union
    select person, moved_at from developers where moved_at is not null
    union
    select person, edited_at from developers where edited_at is not null
    union
    select person, deleted_at from developers where deleted_at is not null
),

states as (
    select
        developers.*,
        version_at,
        coalesce(version_at >= moved_at, false) as has_moved,
        coalesce(version_at >= edited_at, false) as has_edited,
        -- Some leave for nowhere the portal knows.
        uniform('moves_to_nowhere', person) < 0.2 as moves_to_nowhere
    from moments
    inner join developers using (person)
)

select
    developer_id,
    if(
        has_moved and not moves_to_nowhere,
        first_name || '.' || ordinal || '@' || next_domain,
        email
    ) as email,
    signed_up_at,
    first_docs_visit_at,
    case
        when employment <> 'portal' then null
        when not has_moved then company_id
        when not moves_to_nowhere then next_company_id
    end as company_id,
    github_login,
    country,
    if(has_edited, 'architect', role) as role,
    utm_source,
    utm_medium,
    utm_campaign,
    referrer,
    if(deleted_at <= version_at, deleted_at, null) as deleted_at,
    version_at as updated_at
from states
order by updated_at, developer_id;
