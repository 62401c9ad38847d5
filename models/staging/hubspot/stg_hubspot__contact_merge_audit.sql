-- Which contact HubSpot merged into which, as it told until 2022.
-- One row per merged contact and delivery.
with source as (

    select * from {{ source('hubspot', 'contact_merge_audit') }}

),

renamed as (

    select
        _source_relation as source_relation,
        {{ record_id('contact_id') }} as contact_id,
        {{ record_id('merged_contact_id') }} as merged_contact_id

    from source

)

select * from renamed
