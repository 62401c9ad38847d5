-- Weekly active tokens: who used the API, and whose they were.
-- One row per active token and week.
with token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

described as (

    select
        token_weeks.week_start,
        token_weeks.token_id,
        token_weeks.developer_id,
        token_weeks.company_id,
        token_weeks.ultimate_parent_company_id,
        token_weeks.resolution_method,
        token_weeks.attempted_requests,
        token_weeks.successful_requests,
        token_weeks.qualified_requests,
        token_weeks.active_days,
        token_weeks.first_request_at,
        token_weeks.last_request_at,
        weeks.week_status
    from token_weeks
    inner join weeks
        on token_weeks.week_start = weeks.week_start

)

select * from described
