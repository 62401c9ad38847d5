-- The days that MetricFlow joins metrics to, where a query asks for days without a row:
-- from the first sign-up or log row to the end of the watermark's week.
-- One row per day.
with weeks as (

    select * from {{ ref('dim_weeks') }}

),

sign_ups as (

    select * from {{ ref('fct_time_to_first_hello_world') }}

),

bounds as (

    select
        min(week_start) as first_week,
        max(week_end) as last_date
    from weeks

),

first_sign_ups as (

    select min(cohort_week) as first_week from sign_ups

),

combined as (

    select
        least(
            bounds.first_week, coalesce(first_sign_ups.first_week, bounds.first_week)
        ) as first_date,
        bounds.last_date
    from bounds
    cross join first_sign_ups
    where bounds.first_week is not null

),

days as (

    select {{ dates_between('first_date', 'last_date', 1) }} as calendar_date
    from combined

)

select * from days
