-- What is compared with what, and how many there are.
-- One row per comparison.
with groups as (

    select
        comparison_id,
        comparison,
        unit,
        cohort,
        dimension,
        segment,
        event_id,
        group_name,
        sum(n_leaving) as n,
        sum(n_events) as converted
    from {{ ref('int_log_rank_groups') }}
    group by
        comparison_id,
        comparison,
        unit,
        cohort,
        dimension,
        segment,
        event_id,
        group_name

),

scores as (

    select * from {{ ref('int_log_rank_scores') }}

),

scored as (

    select
        groups.*,
        coalesce(scores.expected, 0) as expected,
        case
            when groups.comparison = 'before_after'
                then case when groups.group_name = 'after' then 1 else 0 end
        end as after_weight
    from groups
    left join scores
        on
            groups.comparison_id = scores.comparison_id
            and groups.group_name = scores.group_name

)

select
    comparison_id,
    comparison,
    unit,
    cohort,
    dimension,
    segment,
    event_id,
    cast(count(*) as bigint) as number_of_groups,
    cast(sum(n) as bigint) as n,
    cast(min(n) as bigint) as smallest_n,
    cast(sum(converted) as bigint) as converted,
    cast(sum(n * after_weight) as bigint) as n_after,
    cast(sum(converted * after_weight) as bigint) as converted_after,
    sum(expected * after_weight) as expected_after
from scored
group by comparison_id, comparison, unit, cohort, dimension, segment, event_id
