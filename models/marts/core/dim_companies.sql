-- Every company that a CRM knows or that an active token was resolved to, as it is now.
-- One row per company.
with companies as (

    select * from {{ ref('int_companies') }}

),

resolved as (

    select distinct company_id
    from {{ ref('int_token_weeks_attributed') }}
    where company_id is not null

),

unknown_to_crm as (

    select resolved.company_id
    from resolved
    left join companies
        on resolved.company_id = companies.company_id
    where companies.company_id is null

),

combined as (

    select
        company_id,
        {{ without_address('company_name') }} as company_name,
        {{ without_address('domain') }} as domain,
        {{ segment('industry') }} as industry,
        {{ segment('country') }} as country,
        {{ segment('plan') }} as plan,
        employee_count,
        {{ company_size_band('employee_count') }} as company_size_band,
        parent_company_id,
        merged_into_company_id,
        surviving_company_id,
        ultimate_parent_company_id,
        source_relation,
        company_name_source,
        domain_source,
        industry_source,
        country_source,
        plan_source,
        employee_count_source,
        {% for field in custom_fields('company') -%}
        {{ custom_segment(field.alias, field.type) }} as {{ field.alias }},
        {% endfor -%}
        true as is_in_crm,
        is_deleted,
        created_at
    from companies
    union all
    select
        company_id,
        null,
        null,
        'unknown',
        'unknown',
        'unknown',
        null,
        'unknown',
        null,
        null,
        company_id,
        company_id,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        {% for field in custom_fields('company') -%}
        {{ custom_segment('null', field.type) }},
        {% endfor -%}
        false,
        false,
        null
    from unknown_to_crm

)

select * from combined
