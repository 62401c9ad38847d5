-- What HubSpot remembers of the properties of a company.
-- One row per company, property, change and delivery.
with source as (

    select * from {{ source('hubspot', 'company_property_history') }}

),

renamed as (

    select
        _source_relation as source_relation,
        {{ record_id('company_id') }} as company_id,

        property_name,
        property_value,

        changed_at

    from source

)

select * from renamed
