-- Domains whose mailboxes say nothing of an employer: the public lists, corrected by
-- the list that people edit. A row of kind company there takes a domain off the public
-- ones.
-- One row per domain.
with public_mail_domains as (

    select * from {{ ref('public_mail_domains') }}

),

edited_domains as (

    select
        lower(trim(domain)) as domain,
        kind
    from {{ ref('free_mail_domains') }}

),

not_edited as (

    select public_mail_domains.*
    from public_mail_domains
    left join edited_domains
        on public_mail_domains.domain = edited_domains.domain
    where edited_domains.domain is null

),

corrected as (

    select
        domain,
        kind
    from not_edited
    union all
    select
        domain,
        kind
    from edited_domains
    where kind <> 'company'

)

select * from corrected
