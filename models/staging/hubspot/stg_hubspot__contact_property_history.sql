-- What HubSpot remembers of the properties of a contact.
-- One row per contact, property, change and delivery.
with source as (

    select * from {{ source('hubspot', 'contact_property_history') }}

),

renamed as (

    select
        _source_relation as source_relation,
        {{ record_id('contact_id') }} as contact_id,

        property_name,
        property_value,

        changed_at

    from source

)

select * from renamed
