-- The survival curve of the time to first hello world: the share that has not said
-- hello after so many seconds, by Kaplan and Meier (definition D17).
-- One row per unit, cohort, dimension, segment and time of an event or a censoring.
with time_points as (

    select * from {{ ref('int_ttfhw_time_points') }}

),

{{ kaplan_meier('time_points', ['unit', 'cohort', 'dimension', 'segment']) }}

select
    unit,
    cohort,
    dimension,
    segment,
    duration_seconds,
    cast(n_at_risk as bigint) as n_at_risk,
    n_events,
    n_censored,
    cast(survival as {{ type_double() }}) as survival,
    ci_lower,
    ci_upper
from curve
