-- The company behind each e-mail domain: the longest suffix at a label boundary that is
-- known (definition D11).
-- One row per e-mail domain of a developer.
with developers as (

    select * from {{ ref('stg_developer_portal__developers') }}

),

company_domains as (

    select * from {{ ref('int_company_domains') }}

),

internal_domains as (

    select * from {{ ref('internal_domains') }}

),

email_domains as (

    select distinct {{ part_of('email', '@', 2) }} as email_domain
    from developers
    where email like '%_@_%'

),

suffixes as (

    select
        email_domain,
        {{ domain_suffixes('email_domain') }} as suffix
    from email_domains

),

known_suffixes as (

    select
        suffixes.email_domain,
        company_domains.company_id,
        row_number() over (
            partition by suffixes.email_domain order by length(suffixes.suffix) desc
        ) as place
    from suffixes
    inner join company_domains
        on suffixes.suffix = company_domains.domain

),

internal as (

    select distinct suffixes.email_domain
    from suffixes
    inner join internal_domains
        on suffixes.suffix = lower(internal_domains.domain)

)

select
    email_domains.email_domain,
    known_suffixes.company_id,
    internal.email_domain is not null as is_internal
from email_domains
left join known_suffixes
    on
        email_domains.email_domain = known_suffixes.email_domain
        and known_suffixes.place = 1
left join internal
    on email_domains.email_domain = internal.email_domain
