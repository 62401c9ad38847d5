-- Salesforce's accounts, in the shape that every CRM's companies take.
-- One row per account and version or delivery.
with source as (

    select * from {{ source('salesforce', 'account') }}

),

renamed as (

    select
        _source_relation as source_relation,
        account_id as company_id,
        parent_id as parent_company_id,
        master_record_id as merged_into_company_id,

        name as company_name,
        website as domain,
        cast(null as {{ dbt.type_string() }}) as additional_domains,
        {{ custom_value('salesforce.account', 'industry', 'string', 'industry') }}
            as industry,
        {{ custom_value('salesforce.account', 'country', 'string', 'country') }}
            as country,
        {{ custom_value('salesforce.account', 'plan', 'string') }} as plan,
        {{ content_hash(
            [
                'name', 'website', 'industry', 'country', 'employee_count', 'parent_id',
                'master_record_id', 'is_deleted', 'is_deleted_by_loader', 'created_at',
            ] + custom_hash_inputs('salesforce.account'),
            fractions=custom_hash_inputs('salesforce.account', fractions=true)
        ) }} as content_hash,

        {{ custom_value(
            'salesforce.account', 'employee_count', 'bigint', 'employee_count'
        ) }}
            as employee_count,

        coalesce(is_deleted, false)
        or coalesce(is_deleted_by_loader, false) as is_deleted,
        {% for field in custom_fields('company') -%}
        {{ custom_value('salesforce.account', field.alias, field.type) }}
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
