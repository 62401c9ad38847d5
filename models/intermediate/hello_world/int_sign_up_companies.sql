-- The company that each developer belonged to at the sign-up (definition D16).
-- One row per developer who is not internal and had a company.
with developers as (

    select * from {{ ref('int_developers') }}
    where not is_internal

),

developer_companies as (

    select * from {{ ref('int_developer_companies') }}
    where company_id is not null

)

select
    developers.developer_id,
    developer_companies.company_id,
    developer_companies.ultimate_parent_company_id
from developers
inner join developer_companies
    on
        developers.developer_id = developer_companies.developer_id
        and developers.signed_up_at >= developer_companies.valid_from
        and developers.signed_up_at < developer_companies.valid_to
