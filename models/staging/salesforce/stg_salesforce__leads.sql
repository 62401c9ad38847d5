-- Salesforce's leads, in the shape that every CRM's contacts take: a converted lead is
-- a contact that was merged into another.
-- One row per lead and version or delivery.
with source as (

    select * from {{ source('salesforce', 'lead') }}

),

renamed as (

    select
        _source_relation as source_relation,
        lead_id as contact_id,
        converted_account_id as company_id,
        coalesce(converted_contact_id, master_record_id) as merged_into_contact_id,

        lower(trim(email)) as email,
        cast(null as {{ dbt.type_string() }}) as additional_emails,
        status as lifecycle_stage,
        lead_source as original_source,
        {{ content_hash(
            [
                'email', 'converted_account_id', 'converted_contact_id', 'master_record_id',
                'status', 'lead_source', 'is_deleted', 'is_deleted_by_loader', 'created_at',
            ] + custom_hash_inputs('salesforce.lead'),
            fractions=custom_hash_inputs('salesforce.lead', fractions=true)
        ) }} as content_hash,

        true as is_lead,
        coalesce(is_deleted, false)
        or coalesce(is_deleted_by_loader, false) as is_deleted,
        {% for field in custom_fields('contact') -%}
        {{ custom_value('salesforce.lead', field.alias, field.type) }}
            as {{ field.alias }},
        {% endfor %}
        created_at,
        synced_at,
        -- A version without any date is older than every dated one.
        coalesce(updated_at, synced_at, created_at, cast('1900-01-01' as timestamp))
            as version_at

    from source

)

select * from renamed
