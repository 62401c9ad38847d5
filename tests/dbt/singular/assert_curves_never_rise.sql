-- A curve starts at everybody, falls where somebody says hello and nowhere else, and
-- its limits lie on its two sides (definition D17).
with curves as (

    select
        *,
        lag(survival) over (
            partition by unit, cohort, dimension, segment order by duration_seconds
        ) as survival_before,
        lag(n_at_risk - n_events - n_censored) over (
            partition by unit, cohort, dimension, segment order by duration_seconds
        ) as n_left_before
    from {{ ref('fct_ttfhw_survival') }}

)

select *
from curves
where
    n_events = 0 and survival <> coalesce(survival_before, 1)
    or n_events > 0 and survival >= coalesce(survival_before, 1)
    or survival > coalesce(survival_before, 1)
    or survival < 0
    or n_at_risk <> coalesce(n_left_before, n_at_risk)
    or ci_lower > survival
    or ci_upper < survival
