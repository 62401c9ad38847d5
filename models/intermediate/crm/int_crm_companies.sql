-- The companies of the default file layout, in the shape that every CRM's take. It does
-- not tell of deletions: what the layout no longer needs is merged, or left as it is.
-- One row per company and delivered version.
with companies as (

    select * from {{ ref('stg_crm__companies') }}

)

select
    *,
    false as is_deleted,
    cast(null as timestamp) as synced_at
from companies
