-- The CRM's companies.
-- One row per company and delivered version.
with source as (

    select * from {{ source('crm', 'companies') }}

),

renamed as (

    select
        coalesce(_source_relation, 'crm') as source_relation,
        company_id,
        parent_company_id,
        merged_into_company_id,

        name as company_name,
        domain,
        additional_domains,
        {{ custom_value('crm.companies', 'industry', 'string', 'industry') }}
            as industry,
        {{ custom_value('crm.companies', 'country', 'string', 'country') }}
            as country,
        {{ custom_value('crm.companies', 'plan', 'string', 'plan') }} as plan,
        {{ content_hash(
            [
                'name', 'domain', 'additional_domains', 'employee_count', 'industry', 'country',
                'plan', 'parent_company_id', 'merged_into_company_id', 'created_at',
            ] + custom_hash_inputs('crm.companies'),
            fractions=custom_hash_inputs('crm.companies', fractions=true)
        ) }} as content_hash,

        {{ custom_value(
            'crm.companies', 'employee_count', 'bigint', 'employee_count'
        ) }}
            as employee_count,

        {% for field in custom_fields('company') -%}
        {{ custom_value('crm.companies', field.alias, field.type) }} as {{ field.alias }},
        {% endfor %}
        created_at,
        -- A version without any date is older than every dated one.
        coalesce(updated_at, created_at, cast('1900-01-01' as timestamp)) as version_at

    from source

)

select * from renamed
