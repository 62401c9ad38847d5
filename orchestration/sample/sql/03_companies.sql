-- One row per company. Number 1 is the largest, the silent customer; the gaps of the CRM follow
-- from the number, so that even the smallest world has one of each.
create table companies as
with numbered as (
    select unnest(range(1, greatest(14, getvariable('developers') // 5) + 1)) as company
),

named as (
    select
        *,
        identifier('com_', 'company', company) as company_id,
        ['Bright', 'Copper', 'Delta', 'Ember', 'Fjord', 'Granite', 'Harbor', 'Indigo', 'Juniper',
         'Kestrel', 'Lumen', 'Maple', 'Nimbus', 'Orchid', 'Pioneer', 'Quartz', 'River', 'Summit',
         'Tundra', 'Willow'][1 + company % 20] as first_word,
        pick(['Forge', 'Labs', 'Logistics', 'Systems', 'Bank', 'Health', 'Retail', 'Robotics',
              'Mobility', 'Media', 'Foods', 'Energy'],
             uniform('company_name', company)) as last_word,
        normal('company_size', company) as size_deviation
    from numbered
)

select
    *,
    first_word || ' ' || last_word || ' ' || company as company_name,
    lower(first_word || last_word) || '-' || company || '.example' as domain,
    case
        when company = 1 then 48000
        when company % 12 = 0 then 0
        when company % 12 = 11 then null
        else least(12000, greatest(1, floor(exp(4.3 + 1.7 * size_deviation))))
    end::bigint as employee_count,
    pick(['software', 'finance', 'health', 'retail', 'logistics', 'media', 'energy', null],
         uniform('industry', company)) as industry,
    pick(['US', 'US', 'US', 'DE', 'GB', 'IN', 'FR', 'BR', 'JP', 'NL'],
         uniform('company_country', company)) as country,
    case
        when company = 1 then 'enterprise'
        else pick(['free', 'free', 'free', 'starter', 'starter', 'business', 'enterprise', null],
                  uniform('plan', company))
    end as plan,
    later(
        case
            when company > 1 and uniform('company_is_late', company) < 0.15
                then timestamp '2024-11-04'
            else timestamp '2023-09-04'
        end,
        86400 * 250 * uniform('company_created', company)
    ) as created_at,
    -- Companies the portal names and the CRM has never heard of.
    company % 33 <> 4 as is_in_crm,
    company % 9 <> 3 as has_domain,
    -- A chain of owners: 7 belongs to 6, 6 to 5.
    company % 8 in (6, 7) as has_parent,
    company % 40 = 10 as is_merged_into_previous
from named
order by company;

-- The CRM's records: one row per company and version.
create table company_versions as
with moments as (
    select company, created_at as updated_at, 'created' as change from companies
    union all
    select company, later(timestamp '2024-10-07', 86400 * 170 * uniform('grew_at', company)), 'grew'
    from companies
    where uniform('grew', company) < 0.4
    union all
    select
        company,
        later(timestamp '2025-04-07', 86400 * 220 * uniform('upgraded_at', company)),
        'plan'
    from companies
    where uniform('upgraded', company) < 0.15 and company > 1
    union all
    select company, timestamp '2025-04-14 09:30:00', 'merged'
    from companies
    where is_merged_into_previous
),

versions as (
    select
        companies.*,
        moments.updated_at,
        bool_or(change = 'grew') over version_so_far as has_grown,
        bool_or(change = 'plan') over version_so_far as has_upgraded,
        bool_or(change = 'merged') over version_so_far as is_merged
    from moments
    inner join companies using (company)
    where is_in_crm and moments.updated_at >= companies.created_at
    window version_so_far as (
        partition by moments.company order by moments.updated_at
        rows between unbounded preceding and current row
    )
)

select
    versions.company_id,
    versions.company_name as name,
    -- People type what they have: a host, a host in capitals, the address of the site.
    case
        when not versions.has_domain then null
        when versions.company % 7 = 5 then 'https://www.' || versions.domain || '/about?lang=en'
        when versions.company % 7 = 2 then upper(versions.domain)
        else versions.domain
    end as domain,
    case
        -- Two companies claim one domain: it resolves nobody.
        when versions.company = 9 then companies_before.domain || ';' || replace(
            versions.domain, '.example', '-cloud.example'
        )
        when versions.company % 5 = 1 then replace(versions.domain, '.example', '-cloud.example')
    end as additional_domains,
    if(
        versions.has_grown,
        ceil(versions.employee_count * (1.1 + uniform('growth', versions.company))),
        versions.employee_count
    )::bigint as employee_count,
    versions.industry,
    versions.country,
    if(versions.has_upgraded, 'business', versions.plan) as plan,
    if(versions.has_parent, companies_before.company_id, null) as parent_company_id,
    if(versions.is_merged, companies_before.company_id, null) as merged_into_company_id,
    versions.created_at,
    versions.updated_at
from versions
left join companies as companies_before on versions.company = companies_before.company + 1
order by versions.updated_at, versions.company_id;
