-- The contacts of the default file layout, in the shape that every CRM's take.
-- One row per contact and delivered version.
with contacts as (

    select * from {{ ref('stg_crm__contacts') }}

)

select
    source_relation,
    contact_id,
    company_id,
    cast(null as {{ dbt.type_string() }}) as merged_into_contact_id,
    email,
    cast(null as {{ dbt.type_string() }}) as additional_emails,
    lifecycle_stage,
    original_source,
    content_hash,
    false as is_lead,
    -- The layout does not tell.
    false as is_deleted,
    {% for field in custom_fields('contact') -%}
    {{ field.alias }},
    {% endfor %}
    created_at,
    version_at
from contacts
