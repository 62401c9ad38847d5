-- Rates of each segment in the two weeks of a comparison, and what of the change of the
-- whole rate they explain (definition D24).
-- One row per rate, comparison, its week, dimension and segment.
with comparisons as (

    select * from {{ ref('int_week_comparisons') }}

),

rates as (

    select * from {{ ref('int_segment_rates') }}

),

sides as (

    select
        week_start,
        comparison,
        week_start as own_week,
        1 as is_now
    from comparisons
    union all
    select
        week_start,
        comparison,
        previous_week_start as own_week,
        0 as is_now
    from comparisons

),

paired as (

    select
        rates.metric,
        sides.week_start,
        sides.comparison,
        rates.dimension,
        rates.segment,
        sum(sides.is_now * rates.numerator) as numerator,
        sum(sides.is_now * rates.denominator) as denominator,
        sum((1 - sides.is_now) * rates.numerator) as previous_numerator,
        sum((1 - sides.is_now) * rates.denominator) as previous_denominator
    from sides
    inner join rates
        on sides.own_week = rates.week_start
    group by
        rates.metric,
        sides.week_start,
        sides.comparison,
        rates.dimension,
        rates.segment

),

totals as (

    select
        metric,
        week_start,
        comparison,
        denominator as total,
        previous_denominator as previous_total,
        cast(previous_numerator as {{ type_double() }})
        / nullif(previous_denominator, 0) as previous_total_rate
    from paired
    where dimension = 'all'

),

-- Where there was nobody in one of the weeks, there is no rate that could change.
measured as (

    select
        paired.*,
        totals.previous_total_rate,
        paired.numerator / nullif(cast(paired.denominator as {{ type_double() }}), 0)
            as rate,
        paired.previous_numerator
        / nullif(cast(paired.previous_denominator as {{ type_double() }}), 0)
            as previous_rate,
        paired.denominator / cast(totals.total as {{ type_double() }}) as share,
        paired.previous_denominator
        / cast(totals.previous_total as {{ type_double() }}) as previous_share
    from paired
    inner join totals
        on
            paired.metric = totals.metric
            and paired.week_start = totals.week_start
            and paired.comparison = totals.comparison
    where totals.total > 0 and totals.previous_total > 0

)

select
    metric,
    week_start,
    comparison,
    dimension,
    segment,
    numerator,
    denominator,
    previous_numerator,
    previous_denominator,
    rate,
    previous_rate,
    share,
    previous_share,
    {{ rate_effects(
        'rate', 'previous_rate', 'share', 'previous_share', 'previous_total_rate'
    ) }}
from measured
