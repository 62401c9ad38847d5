-- The company of the CRM's contact behind an e-mail address: contacts in their latest
-- versions, and of two with one address the newer, even without a company (definition
-- D11).
-- One row per address.
with contact_versions as (

    select * from {{ ref('stg_crm__contacts') }}

),

dated as (

    {{ dated_versions('contact_versions', 'contact_id') }}

),

ranked as (

    select
        email,
        company_id,
        row_number() over (
            partition by email order by version_at desc, content_hash asc
        ) as place
    from dated
    where is_latest

)

select
    email,
    company_id
from ranked
where place = 1
