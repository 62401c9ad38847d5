-- The time to first hello world in figures: percentiles of the survival curve, which
-- know of those who are waiting, and beside them what is often shown instead
-- (definition D17).
-- One row per unit, cohort, dimension and segment.
with rates as (

    select * from {{ ref('int_ttfhw_rates') }}

),

curves as (

    select
        *,
        sum(n_events) over (
            partition by unit, cohort, dimension, segment
            order by duration_seconds
            rows between unbounded preceding and current row
        ) as events_so_far,
        sum(n_events) over (partition by unit, cohort, dimension, segment) as events
    from {{ ref('fct_ttfhw_survival') }}

),

percentiles as (

    select
        unit,
        cohort,
        dimension,
        segment,
        {{ time_of_survival('survival', 0.5) }} as p50_seconds,
        {{ time_of_survival('survival', 0.25) }} as p75_seconds,
        {{ time_of_survival('survival', 0.1) }} as p90_seconds,
        {{ time_of_survival('ci_lower', 0.5) }} as p50_ci_lower_seconds,
        {{ time_of_survival('ci_upper', 0.5) }} as p50_ci_upper_seconds,
        min(
            case
                when events > 0 and 2 * events_so_far >= events then duration_seconds
            end
        ) as converters_only_p50_seconds
    from curves
    group by unit, cohort, dimension, segment

)

select
    rates.unit,
    rates.cohort,
    rates.dimension,
    rates.segment,
    rates.n,
    rates.converted,
    percentiles.p50_seconds,
    percentiles.p75_seconds,
    percentiles.p90_seconds,
    percentiles.p50_ci_lower_seconds,
    percentiles.p50_ci_upper_seconds,
    rates.converted_1h_rate,
    rates.n_1h,
    rates.converted_24h_rate,
    rates.n_24h,
    rates.converted_7d_rate,
    rates.n_7d,
    rates.converted_28d_rate,
    rates.n_28d,
    percentiles.converters_only_p50_seconds,
    rates.n < {{ var('small_sample_size') }} as is_small_sample
from rates
inner join percentiles
    on
        rates.unit = percentiles.unit
        and rates.cohort = percentiles.cohort
        and rates.dimension = percentiles.dimension
        and rates.segment = percentiles.segment
