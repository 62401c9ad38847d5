-- HubSpot's companies.
-- One row per company and delivery.
with source as (

    select * from {{ source('hubspot', 'company') }}

),

renamed as (

    select
        _source_relation as source_relation,
        {{ record_id('company_id') }} as company_id,
        {{ record_id('parent_company_id') }} as parent_company_id,
        merged_company_ids,

        name as company_name,
        coalesce(domain, website) as domain,
        additional_domains,
        {{ custom_value('hubspot.company', 'industry', 'string', 'industry') }}
            as industry,
        {{ custom_value('hubspot.company', 'country', 'string', 'country') }}
            as country,
        {{ custom_value('hubspot.company', 'plan', 'string') }} as plan,
        {{ content_hash(
            [
                'name', 'domain', 'website', 'additional_domains', 'industry', 'country',
                'employee_count', 'parent_company_id', 'merged_company_ids', 'is_deleted',
                'is_deleted_by_loader', 'created_at',
            ] + custom_hash_inputs('hubspot.company'),
            fractions=custom_hash_inputs('hubspot.company', fractions=true)
        ) }} as content_hash,

        {{ custom_value(
            'hubspot.company', 'employee_count', 'bigint', 'employee_count'
        ) }} as employee_count,

        coalesce(is_deleted, false)
        or coalesce(is_deleted_by_loader, false) as is_deleted,
        {% for field in custom_fields('company') -%}
        {{ custom_value('hubspot.company', field.alias, field.type) }} as {{ field.alias }},
        {% endfor %}
        created_at,
        synced_at,
        -- A version without any date is older than every dated one.
        coalesce(updated_at, synced_at, created_at, cast('1900-01-01' as timestamp))
            as version_at

    from source

)

select * from renamed
