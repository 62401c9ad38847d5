-- The CRM's companies.
-- One row per company and delivered version.
with source as (

    select * from {{ source('crm', 'companies') }}

),

renamed as (

    select
        company_id,
        parent_company_id,
        merged_into_company_id,

        name as company_name,
        domain,
        additional_domains,
        industry,
        country,
        plan,
        {{ content_hash([
            'name', 'domain', 'additional_domains', 'employee_count', 'industry',
            'country', 'plan', 'parent_company_id', 'merged_into_company_id', 'created_at',
        ]) }} as content_hash,

        employee_count,

        created_at,
        -- A version without any date is older than every dated one.
        coalesce(updated_at, created_at, cast('1900-01-01' as timestamp)) as version_at

    from source

)

select * from renamed
