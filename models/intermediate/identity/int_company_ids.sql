-- The ids that tokens, developers and lists may call a company by: its key, or the
-- plain id that its CRM gave it, where that is one company's only.
-- One row per id.
with companies as (

    select * from {{ ref('int_companies') }}

),

records as (

    select * from {{ ref('int_company_records') }}
    where is_latest

),

plain_ids as (

    select
        records.record_id as id,
        min(companies.surviving_company_id) as surviving_company_id,
        min(companies.ultimate_parent_company_id) as ultimate_parent_company_id
    from records
    inner join companies
        on records.company_id = companies.company_id
    left join companies as keys
        on records.record_id = keys.company_id
    where keys.company_id is null
    group by records.record_id
    having count(distinct companies.surviving_company_id) = 1

)

select
    company_id as id,
    surviving_company_id,
    ultimate_parent_company_id
from companies
union all
select
    id,
    surviving_company_id,
    ultimate_parent_company_id
from plain_ids
