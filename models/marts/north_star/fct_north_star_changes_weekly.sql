-- How much each metric has changed, and whether that is more than it usually does: a
-- change within the noise of the weeks before asks for no explanation.
-- One row per metric, final week and comparison.
with contributions as (

    select * from {{ ref('int_contributions') }}
    where dimension = 'all'

),

comparisons as (

    select * from {{ ref('int_week_comparisons') }}

),

-- Too few weeks make no band.
usual_changes as (

    select
        metric,
        comparison,
        week_start,
        compared_weeks,
        case
            when compared_weeks >= {{ var('least_noise_weeks') }}
                then {{ var('noise_deviations') }} * usual_deviation
        end as half_band,
        usual_change
    from {{ ref('int_usual_changes') }}

),

banded as (

    select
        *,
        usual_change - half_band as usual_low,
        usual_change + half_band as usual_high
    from usual_changes

)

select
    contributions.week_start,
    contributions.comparison,
    comparisons.previous_week_start,
    contributions.metric,
    contributions.value,
    contributions.previous_value,
    contributions.contribution as change,
    contributions.contribution_to_growth_rate as growth_rate,
    banded.usual_low,
    banded.usual_high,
    coalesce(banded.compared_weeks, 0) as compared_weeks,
    contributions.contribution
    between banded.usual_low and banded.usual_high as is_within_noise
from contributions
inner join comparisons
    on
        contributions.week_start = comparisons.week_start
        and contributions.comparison = comparisons.comparison
left join banded
    on
        contributions.metric = banded.metric
        and contributions.comparison = banded.comparison
        and contributions.week_start = banded.week_start
