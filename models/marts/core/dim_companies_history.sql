-- What each company of the CRM was like, and when (type 2). A history that starts after
-- the company's first activity is extended back to it (definition D13).
-- One row per company and version.
with versions as (

    select * from {{ ref('int_company_versions') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

first_activity as (

    select
        company_id,
        min(first_request_at) as first_active_at
    from {{ ref('int_token_weeks_attributed') }}
    group by company_id

),

described as (

    select
        versions.company_id,
        {{ without_address('versions.company_name') }} as company_name,
        {{ without_address('versions.domain') }} as domain,
        {{ segment('versions.industry') }} as industry,
        {{ segment('versions.country') }} as country,
        {{ segment('versions.plan') }} as plan,
        versions.employee_count,
        {{ company_size_band('versions.employee_count') }} as company_size_band,
        versions.parent_company_id,
        versions.merged_into_company_id,
        companies.surviving_company_id,
        companies.ultimate_parent_company_id,
        versions.source_relation,
        versions.company_name_source,
        versions.domain_source,
        versions.industry_source,
        versions.country_source,
        versions.plan_source,
        versions.employee_count_source,
        {% for field in custom_fields('company') -%}
        {{ custom_segment('versions.' ~ field.alias, field.type) }} as {{ field.alias }},
        {% endfor -%}
        versions.is_latest as is_current,
        versions.is_first
        and coalesce(first_activity.first_active_at < versions.version_at, false)
            as is_backdated,
        case
            when not versions.is_first then versions.valid_from
            when first_activity.first_active_at < versions.version_at
                then first_activity.first_active_at
            else versions.version_at
        end as valid_from,
        versions.valid_to
    from versions
    inner join companies
        on versions.company_id = companies.company_id
    left join first_activity
        on versions.company_id = first_activity.company_id

)

select * from described
