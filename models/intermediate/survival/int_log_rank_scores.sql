-- The hello worlds of each group beside those that would be expected if all groups were
-- alike (Mantel, Cancer Chemotherapy Reports 50, 1966).
-- One row per comparison and group that was at risk when somebody said hello.
with risks as (

    select * from {{ ref('int_log_rank_risks') }}

),

summed as (

    select
        comparison_id,
        group_name,
        sum(n_events) as observed,
        sum(n_events_of_all * n_at_risk / n_at_risk_of_all) as expected
    from risks
    group by comparison_id, group_name

)

select
    comparison_id,
    group_name,
    row_number() over (partition by comparison_id order by group_name) as group_number,
    count(*) over (partition by comparison_id) as number_of_groups,
    observed,
    expected
from summed
