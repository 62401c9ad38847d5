-- HubSpot's contacts.
-- One row per contact and delivery.
with source as (

    select * from {{ source('hubspot', 'contact') }}

),

renamed as (

    select
        _source_relation as source_relation,
        {{ record_id('contact_id') }} as contact_id,
        {{ record_id('company_id') }} as company_id,
        merged_contact_ids,
        merged_contact_times,

        lower(trim(email)) as email,
        lower(additional_emails) as additional_emails,
        lifecycle_stage,
        original_source,
        {{ content_hash(
            [
                'email', 'additional_emails', 'company_id', 'merged_contact_ids',
                'merged_contact_times', 'lifecycle_stage', 'original_source', 'is_deleted',
                'is_deleted_by_loader', 'created_at',
            ] + custom_hash_inputs('hubspot.contact'),
            fractions=custom_hash_inputs('hubspot.contact', fractions=true)
        ) }} as content_hash,

        coalesce(is_deleted, false)
        or coalesce(is_deleted_by_loader, false) as is_deleted,
        {% for field in custom_fields('contact') -%}
        {{ custom_value('hubspot.contact', field.alias, field.type) }} as {{ field.alias }},
        {% endfor %}
        created_at,
        synced_at,
        -- A version without any date is older than every dated one.
        coalesce(updated_at, synced_at, created_at, cast('1900-01-01' as timestamp))
            as version_at

    from source

)

select * from renamed
