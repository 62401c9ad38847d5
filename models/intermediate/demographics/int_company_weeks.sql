-- What each active company was like at the end of the week (or at the watermark), and
-- what it is like now (definition D13).
-- One row per company and week in which it is active.
with company_weeks as (

    select distinct
        week_start,
        company_id
    from {{ ref('int_token_weeks_attributed') }}
    where company_id is not null

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

versions as (

    select * from {{ ref('int_company_versions') }}

),

described as (

    select
        company_weeks.week_start,
        company_weeks.company_id,
        {{ company_size_band('as_of.employee_count') }} as company_size_band,
        {{ segment('as_of.industry') }} as industry,
        {{ segment('as_of.plan') }} as plan,
        {{ segment('as_of.country') }} as country,
        {{ company_size_band('latest.employee_count') }} as company_size_band_current,
        {{ segment('latest.industry') }} as industry_current,
        {{ segment('latest.plan') }} as plan_current,
        {% for field in custom_fields('company') -%}
        {{ custom_segment('as_of.' ~ field.alias, field.type) }} as {{ field.alias }},
        {{ custom_segment('latest.' ~ field.alias, field.type) }}
            as {{ field.alias }}_current,
        {% endfor -%}
        {{ segment('latest.country') }} as country_current
    from company_weeks
    inner join weeks
        on company_weeks.week_start = weeks.week_start
    left join versions as as_of
        on
            company_weeks.company_id = as_of.company_id
            and weeks.described_at >= as_of.valid_from
            and weeks.described_at < as_of.valid_to
    left join versions as latest
        on
            company_weeks.company_id = latest.company_id
            and latest.is_latest

)

select * from described
