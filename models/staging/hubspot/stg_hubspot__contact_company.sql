-- Which contacts HubSpot associates with which companies.
-- One row per contact, company, kind of association and delivery.
with source as (

    select * from {{ source('hubspot', 'contact_company') }}

),

renamed as (

    select
        _source_relation as source_relation,
        {{ record_id('contact_id') }} as contact_id,
        {{ record_id('company_id') }} as company_id,

        -- Whose own kinds a portal's users define begin to count at 1 too.
        coalesce({{ record_id('type_id') }}, '') = '1'
        and coalesce(category, 'HUBSPOT_DEFINED') = 'HUBSPOT_DEFINED' as is_primary,
        coalesce(is_deleted_by_loader, false) as is_deleted,

        coalesce(synced_at, cast('1900-01-01' as timestamp)) as synced_at

    from source

)

select * from renamed
