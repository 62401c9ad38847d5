-- Who enters a step took the one before, and each dimension splits the same sign-ups.
with funnel as (

    select
        *,
        lag(developers) over (
            partition by cohort_week, dimension, segment order by step_number
        ) as developers_before,
        sum(developers) over (partition by cohort_week, dimension, step)
            as developers_of_dimension,
        sum(case when dimension = 'all' then developers else 0 end) over (
            partition by cohort_week, step
        ) as developers_of_week
    from {{ ref('fct_developer_funnel_weekly') }}

)

select *
from funnel
where
    developers > entered
    or entered <> coalesce(developers_before, entered)
    or developers_of_dimension <> developers_of_week
