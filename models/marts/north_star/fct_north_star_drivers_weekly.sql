-- What moved each metric: the contribution of every segment to its change (definition
-- D24), the one that says most first.
-- One row per metric, final week, comparison, dimension and segment.
with ranked as (

    select * from {{ ref('int_contributions_ranked') }}

),

changes as (

    select * from {{ ref('fct_north_star_changes_weekly') }}

)

select
    ranked.week_start,
    ranked.comparison,
    ranked.metric,
    ranked.dimension,
    ranked.segment,
    ranked.value,
    ranked.previous_value,
    ranked.contribution,
    ranked.new,
    ranked.resurrected,
    ranked.churned,
    ranked.switched_in,
    ranked.switched_out,
    ranked.expanded,
    ranked.contracted,
    ranked.rate_effect,
    ranked.mix_effect,
    ranked.weight,
    ranked.previous_weight,
    ranked.share_of_change,
    ranked.contribution_to_growth_rate,
    ranked.surprise,
    ranked.is_explaining,
    case when ranked.dimension <> 'all' then cast(ranked.dimension_rank as bigint) end
        as dimension_rank,
    case when ranked.dimension <> 'all' then cast(ranked.rank as bigint) end as rank,
    changes.is_within_noise
from ranked
inner join changes
    on
        ranked.metric = changes.metric
        and ranked.week_start = changes.week_start
        and ranked.comparison = changes.comparison
