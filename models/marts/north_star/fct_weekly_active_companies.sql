-- Weekly active (integrated) companies: the active tokens of each company, counted
-- once.
-- One row per active company and week.
with token_weeks as (

    select * from {{ ref('fct_weekly_active_tokens') }}
    where company_id is not null

),

lifecycles as (

    select * from {{ ref('int_lifecycles') }}
    where grain = 'company'

),

demographics as (

    select * from {{ ref('int_company_weeks') }}

),

qualified_days as (

    select distinct
        week_start,
        token_id,
        activity_date
    from {{ ref('int_token_days') }}
    where outcome = 'qualified'

),

company_days as (

    select
        token_weeks.week_start,
        token_weeks.company_id,
        cast(count(distinct qualified_days.activity_date) as bigint) as active_days
    from token_weeks
    inner join qualified_days
        on
            token_weeks.week_start = qualified_days.week_start
            and token_weeks.token_id = qualified_days.token_id
    group by token_weeks.week_start, token_weeks.company_id

),

company_weeks as (

    select
        week_start,
        company_id,
        ultimate_parent_company_id,
        is_left_censored,
        week_status,
        cast(count(*) as bigint) as active_tokens,
        cast(count(distinct developer_id) as bigint) as active_developers,
        cast(sum(qualified_requests) as bigint) as qualified_requests
    from token_weeks
    group by
        week_start,
        company_id,
        ultimate_parent_company_id,
        is_left_censored,
        week_status

),

described as (

    select
        company_weeks.week_start,
        company_weeks.company_id,
        company_weeks.ultimate_parent_company_id,
        company_weeks.active_tokens,
        company_weeks.active_developers,
        company_weeks.qualified_requests,
        company_days.active_days,
        lifecycles.lifecycle,
        company_weeks.is_left_censored,
        company_weeks.week_status,
        demographics.company_size_band,
        demographics.industry,
        demographics.plan,
        demographics.country,
        demographics.company_size_band_current,
        demographics.industry_current,
        {{ custom_facts('company', 'demographics') }}
        demographics.plan_current,
        demographics.country_current
    from company_weeks
    inner join company_days
        on
            company_weeks.week_start = company_days.week_start
            and company_weeks.company_id = company_days.company_id
    inner join lifecycles
        on
            company_weeks.week_start = lifecycles.week_start
            and company_weeks.company_id = lifecycles.unit_id
    inner join demographics
        on
            company_weeks.week_start = demographics.week_start
            and company_weeks.company_id = demographics.company_id

)

select * from described
