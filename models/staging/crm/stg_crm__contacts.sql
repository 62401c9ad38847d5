-- The CRM's contacts.
-- One row per contact and delivered version.
with source as (

    select * from {{ source('crm', 'contacts') }}

),

renamed as (

    select
        coalesce(_source_relation, 'crm') as source_relation,
        contact_id,
        company_id,

        lower(trim(email)) as email,
        lifecycle_stage,
        original_source,
        {{ content_hash(
            [
                'contact_id', 'email', 'company_id', 'created_at', 'lifecycle_stage',
                'original_source',
            ] + custom_hash_inputs('crm.contacts'),
            fractions=custom_hash_inputs('crm.contacts', fractions=true)
        ) }} as content_hash,

        {% for field in custom_fields('contact') -%}
        {{ custom_value('crm.contacts', field.alias, field.type) }} as {{ field.alias }},
        {% endfor %}
        created_at,
        -- A version without any date is older than every dated one.
        coalesce(updated_at, created_at, cast('1900-01-01' as timestamp)) as version_at

    from source

)

select * from renamed
