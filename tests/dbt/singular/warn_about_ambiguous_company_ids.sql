-- Ids by which tokens or developers name a company, and that two CRMs gave to different
-- ones: they count as a company that no CRM knows. Name them with their CRM in front
-- (hubspot:123).
{{ config(severity='warn') }}

with named as (

    select company_id
    from {{ ref('stg_developer_portal__developers') }}
    union all
    select company_id
    from {{ ref('stg_developer_portal__api_tokens') }}

)

select
    named.company_id,
    count(distinct records.company_id) as companies
from named
inner join {{ ref('int_company_records') }} as records
    on named.company_id = records.record_id
left join {{ ref('int_company_ids') }} as company_ids
    on named.company_id = company_ids.id
where company_ids.id is null
group by named.company_id
