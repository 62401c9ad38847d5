-- Which company a domain stands for (definition D11). A free-mail or disposable domain
-- stands for nobody, and neither does one that two companies claim after mergers; both
-- are kept, because the longest suffix decides.
-- One row per domain.
with companies as (

    select * from {{ ref('int_companies') }}
    -- Who is gone from the CRM employs nobody.
    where not is_deleted

),

domain_aliases as (

    select
        {{ host_of('domain') }} as domain,
        {{ host_of('alias') }} as alias
    from {{ ref('domain_aliases') }}

),

free_mail_domains as (

    select * from {{ ref('int_free_mail_domains') }}

),

claims as (

    select
        surviving_company_id,
        domain
    from companies
    union all
    select
        surviving_company_id,
        {{ split_to_rows('additional_domains', ';') }} as domain
    from companies

),

-- A CRM holds what people paste.
cleaned as (

    select
        surviving_company_id,
        {{ host_of('domain') }} as domain
    from claims

),

cleaned_and_aliases as (

    select
        surviving_company_id,
        domain
    from cleaned
    union all
    select
        cleaned.surviving_company_id,
        domain_aliases.alias as domain
    from cleaned
    inner join domain_aliases
        on cleaned.domain = domain_aliases.domain

),

claimed as (

    select
        domain,
        count(distinct surviving_company_id) as claiming_companies,
        min(surviving_company_id) as company_id
    from cleaned_and_aliases
    where domain <> ''
    group by domain

),

judged as (

    select
        coalesce(claimed.domain, free_mail_domains.domain) as domain,
        case
            when free_mail_domains.domain is null and claimed.claiming_companies = 1
                then claimed.company_id
        end as company_id,
        free_mail_domains.domain is not null as is_free_mail,
        free_mail_domains.domain is null and claimed.claiming_companies > 1
            as is_ambiguous
    from claimed
    full outer join free_mail_domains
        on claimed.domain = free_mail_domains.domain

)

select * from judged
