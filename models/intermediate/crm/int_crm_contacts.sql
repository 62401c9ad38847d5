-- The contacts of the default file layout, in the shape that every CRM's take. It does
-- not tell of mergers, further addresses and deletions.
-- One row per contact and delivered version.
with contacts as (

    select * from {{ ref('stg_crm__contacts') }}

)

select
    *,
    cast(null as {{ dbt.type_string() }}) as merged_into_contact_id,
    cast(null as {{ dbt.type_string() }}) as additional_emails,
    false as is_lead,
    false as is_deleted,
    cast(null as timestamp) as synced_at
from contacts
