-- The CRM's contact behind an e-mail address, and its company: contacts in their latest
-- versions, a merged one as the one it lives on in, a deleted one as none. Of two
-- contacts with one address the newer counts, even without a company (definition D11);
-- of two CRMs one that knows a company, then the one that is trusted, then the newer.
-- One row per address.
with recursive contacts as (

    select * from {{ ref('int_contact_versions') }}
    where is_latest

),

companies as (

    select * from {{ ref('int_companies') }}

),

mergers as (

    select
        contacts.contact_id as id,
        survivors.contact_id as next_id
    from contacts
    left join contacts as survivors
        on
            contacts.merged_into_contact_id = survivors.contact_id
            and contacts.contact_id <> survivors.contact_id

),

{{ follow_links('mergers') }},

addresses as (

    select
        contact_id,
        email
    from contacts
    union all
    select
        contact_id,
        {{ split_to_rows('additional_emails', ';') }} as email
    from contacts

),

claims as (

    select
        trim(addresses.email) as email,
        survivors.contact_id,
        -- A company that the CRM deleted employs nobody.
        case
            when not coalesce(companies.is_deleted, false) then survivors.company_id
        end as company_id,
        survivors.source_relation,
        survivors.trust_rank,
        survivors.source_place,
        survivors.version_at,
        row_number() over (
            partition by trim(addresses.email), survivors.source_relation
            order by
                case when survivors.is_lead then 1 else 0 end asc,
                survivors.version_at desc,
                survivors.content_hash asc,
                survivors.contact_id asc
        ) as place_in_crm
    from addresses
    inner join mergers_ends
        on addresses.contact_id = mergers_ends.id
    inner join contacts as survivors
        on mergers_ends.end_id = survivors.contact_id
    left join companies
        on survivors.company_id = companies.company_id
    where not survivors.is_deleted and trim(addresses.email) <> ''

),

ranked as (

    select
        *,
        row_number() over (
            partition by email
            order by
                case when company_id is null then 1 else 0 end asc,
                trust_rank asc,
                version_at desc,
                source_place asc,
                source_relation asc
        ) as place
    from claims
    where place_in_crm = 1

)

select
    email,
    contact_id,
    company_id,
    source_relation
from ranked
where place = 1
