-- How far the sign-ups of a week have come, and how long each step took them.
-- One row per sign-up week, dimension, segment and step.
with memberships as (

    select * from {{ ref('int_funnel_memberships') }}

),

weeks as (

    select
        cohort_week,
        min(case when is_mature then 1 else 0 end) = 1 as is_mature
    from {{ ref('int_funnel_steps') }}
    group by cohort_week

),

counted as (

    select
        cohort_week,
        dimension,
        segment,
        step,
        step_number,
        sum(case when has_entered then 1 else 0 end) as entered,
        count(reached_at) as developers
    from memberships
    group by cohort_week, dimension, segment, step, step_number

),

-- Who has not taken the step comes after all who have.
waits as (

    select
        memberships.cohort_week,
        memberships.dimension,
        memberships.segment,
        memberships.step_number,
        memberships.seconds_from_step_before,
        counted.entered,
        row_number() over (
            partition by
                memberships.cohort_week,
                memberships.dimension,
                memberships.segment,
                memberships.step_number
            order by memberships.seconds_from_step_before
        ) as place
    from memberships
    inner join counted
        on
            memberships.cohort_week = counted.cohort_week
            and memberships.dimension = counted.dimension
            and memberships.segment = counted.segment
            and memberships.step_number = counted.step_number
    where memberships.seconds_from_step_before is not null

),

medians as (

    select
        cohort_week,
        dimension,
        segment,
        step_number,
        seconds_from_step_before as median_seconds
    from waits
    where 2 * place in (entered, entered + 1)

)

select
    counted.cohort_week,
    counted.dimension,
    counted.segment,
    counted.step,
    cast(counted.step_number as bigint) as step_number,
    cast(counted.entered as bigint) as entered,
    cast(counted.developers as bigint) as developers,
    case when weeks.is_mature then medians.median_seconds end as median_seconds,
    weeks.is_mature
from counted
inner join weeks
    on counted.cohort_week = weeks.cohort_week
left join medians
    on
        counted.cohort_week = medians.cohort_week
        and counted.dimension = medians.dimension
        and counted.segment = medians.segment
        and counted.step_number = medians.step_number
