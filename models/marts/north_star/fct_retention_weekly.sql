-- Retention by calendar week: of those first active in a cohort's week, how many are
-- active exactly so many weeks later, and how many then or at any time after
-- (definition D23).
-- One row per cohort week, grain and number of weeks since, up to the watermark's week.
with lifecycles as (

    select * from {{ ref('int_lifecycles') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

cohorts as (

    select
        lifecycles.grain,
        lifecycles.week_start as cohort_week,
        weeks.is_left_censored,
        count(*) as cohort_size
    from lifecycles
    inner join weeks
        on lifecycles.week_start = weeks.week_start
    where lifecycles.lifecycle = 'new'
    group by lifecycles.grain, lifecycles.week_start, weeks.is_left_censored

),

active as (

    select
        grain,
        cohort_week,
        week_start,
        count(*) as units,
        sum(case when is_last_week then 1 else 0 end) as units_for_the_last_time
    from lifecycles
    group by grain, cohort_week, week_start

),

cells as (

    select
        cohorts.cohort_week,
        cohorts.grain,
        cohorts.cohort_size,
        cohorts.is_left_censored,
        coalesce(active.units, 0) as active,
        -- Whoever is active then or later is so for the last time then or later.
        sum(coalesce(active.units_for_the_last_time, 0)) over later_weeks
            as active_on_or_after,
        row_number() over earlier_weeks - 1 as weeks_since,
        weeks.is_data_gap,
        weeks.week_status = 'final' as is_mature
    from cohorts
    inner join weeks
        on cohorts.cohort_week <= weeks.week_start
    left join active
        on
            cohorts.grain = active.grain
            and cohorts.cohort_week = active.cohort_week
            and weeks.week_start = active.week_start
    window
        earlier_weeks as (
            partition by cohorts.grain, cohorts.cohort_week order by weeks.week_start
        ),
        later_weeks as (
            partition by cohorts.grain, cohorts.cohort_week
            order by weeks.week_start desc
        )

)

select
    cohort_week,
    grain,
    cast(weeks_since as bigint) as weeks_since,
    cast(cohort_size as bigint) as cohort_size,
    cast(case when not is_data_gap then active end as bigint) as active,
    cast(case when not is_data_gap then active_on_or_after end as bigint)
        as active_on_or_after,
    is_left_censored,
    is_mature
from cells
