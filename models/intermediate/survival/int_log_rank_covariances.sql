-- How the scores of the groups vary together if all groups are alike: at each time the
-- hello worlds are drawn from those at risk without putting anybody back (the
-- multivariate hypergeometric distribution).
-- One row per comparison and pair of its groups, in both orders.
with risks as (

    select * from {{ ref('int_log_rank_risks') }}
    where n_at_risk_of_all > 1

)

select
    risks.comparison_id,
    risks.group_name,
    others.group_name as other_group_name,
    sum(
        risks.n_events_of_all
        * (risks.n_at_risk_of_all - risks.n_events_of_all)
        / (risks.n_at_risk_of_all - 1)
        * (risks.n_at_risk / risks.n_at_risk_of_all)
        * (
            case when risks.group_name = others.group_name then 1 else 0 end
            - others.n_at_risk / risks.n_at_risk_of_all
        )
    ) as covariance
from risks
inner join risks as others
    on
        risks.comparison_id = others.comparison_id
        and risks.place = others.place
group by risks.comparison_id, risks.group_name, others.group_name
