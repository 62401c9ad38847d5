-- In each dimension the contributions of all segments are the change of the metric as
-- the weekly tables have it, and no final week is left unexplained (definition D24).
with weekly_values as (

    select
        metric,
        week_start,
        value
    from {{ ref('fct_weekly_values') }}
    union all
    select
        'tokens_per_company' as metric,
        week_start,
        avg(cast(active_tokens as {{ type_double() }})) as value
    from {{ ref('fct_weekly_active_companies') }}
    group by week_start

),

drivers as (

    select * from {{ ref('fct_north_star_drivers_weekly') }}

),

dimensions as (

    select distinct
        metric,
        dimension
    from drivers

),

expected as (

    select
        comparisons.week_start,
        comparisons.comparison,
        dimensions.metric,
        dimensions.dimension,
        weekly_values.value - previous_values.value as change
    from {{ ref('int_week_comparisons') }} as comparisons
    cross join dimensions
    inner join weekly_values
        on
            comparisons.week_start = weekly_values.week_start
            and dimensions.metric = weekly_values.metric
    inner join weekly_values as previous_values
        on
            comparisons.previous_week_start = previous_values.week_start
            and dimensions.metric = previous_values.metric
    where weekly_values.value is not null and previous_values.value is not null

),

found as (

    select
        week_start,
        comparison,
        metric,
        dimension,
        sum(contribution) as change
    from drivers
    group by week_start, comparison, metric, dimension

)

select
    expected.*,
    found.change as explained_change
from expected
full outer join found
    on
        expected.week_start = found.week_start
        and expected.comparison = found.comparison
        and expected.metric = found.metric
        and expected.dimension = found.dimension
where coalesce(abs(expected.change - found.change) > 1e-9, expected.change <> 0, true)
