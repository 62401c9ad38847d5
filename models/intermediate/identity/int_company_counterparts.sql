-- Companies that several CRMs know: records with one domain, one in each CRM, are one
-- company. It goes by its id in the CRM that is trusted most, else in the one that
-- var crm_sources names first. Where a CRM has the domain twice, nobody can tell which
-- of the two is meant, and nothing is joined.
-- One row per record that has a counterpart.
with records as (

    select * from {{ ref('int_company_records') }}
    where is_latest and not is_deleted and merged_into_company_id is null

),

free_mail_domains as (

    select * from {{ ref('int_free_mail_domains') }}

),

claims as (

    select
        company_id,
        source_relation,
        {{ host_of('domain') }} as domain,
        row_number() over (
            partition by {{ host_of('domain') }}
            order by trust_rank, source_place, source_relation, company_id
        ) as place
    from records

),

shared as (

    select
        claims.domain,
        max(case when claims.place = 1 then claims.company_id end) as leading_company_id
    from claims
    left join free_mail_domains
        on claims.domain = free_mail_domains.domain
    where claims.domain <> '' and free_mail_domains.domain is null
    group by claims.domain
    having count(*) > 1 and count(*) = count(distinct claims.source_relation)

)

select
    claims.company_id,
    shared.leading_company_id
from claims
inner join shared
    on claims.domain = shared.domain
