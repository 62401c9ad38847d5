-- Everyone who was ever new is in one cohort (definitions D21, D23).
with cohorts as (

    select
        grain,
        cohort_week,
        cohort_size
    from {{ ref('fct_retention_weekly') }}
    where weeks_since = 0

)

select growth.*
from {{ ref('fct_growth_accounting_weekly') }} as growth
full outer join cohorts
    on
        growth.grain = cohorts.grain
        and growth.week_start = cohorts.cohort_week
where coalesce(growth.new, 0) <> coalesce(cohorts.cohort_size, 0)
