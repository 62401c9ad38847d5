-- The table that the log-rank test is made of: at each time at which somebody of any
-- group said hello, how many of each group did and how many could have.
-- One row per comparison, group with somebody at risk, and time of an event.
with groups as (

    select * from {{ ref('int_log_rank_groups') }}

),

time_points as (

    select
        comparison_id,
        duration_seconds,
        sum(n_events) as n_events,
        sum(n_leaving) as n_leaving
    from groups
    group by comparison_id, duration_seconds

),

-- Whoever leaves between two events was at risk at the first of them: place counts the
-- events.
placed as (

    select
        *,
        sum(case when n_events > 0 then 1 else 0 end) over (
            partition by comparison_id
            order by duration_seconds
            rows between unbounded preceding and current row
        ) as place,
        sum(n_leaving) over (
            partition by comparison_id
            order by duration_seconds desc
            rows between unbounded preceding and current row
        ) as n_at_risk
    from time_points

),

group_names as (

    select distinct
        comparison_id,
        group_name
    from groups

),

leaving as (

    select
        groups.comparison_id,
        groups.group_name,
        placed.place,
        sum(groups.n_events) as n_events,
        sum(groups.n_leaving) as n_leaving
    from groups
    inner join placed
        on
            groups.comparison_id = placed.comparison_id
            and groups.duration_seconds = placed.duration_seconds
    group by groups.comparison_id, groups.group_name, placed.place

),

crossed as (

    select
        placed.comparison_id,
        group_names.group_name,
        placed.place,
        coalesce(leaving.n_events, 0) as n_events,
        sum(coalesce(leaving.n_leaving, 0)) over (
            partition by placed.comparison_id, group_names.group_name
            order by placed.place desc
            rows between unbounded preceding and current row
        ) as n_at_risk,
        placed.n_events as n_events_of_all,
        placed.n_at_risk as n_at_risk_of_all
    from placed
    inner join group_names
        on placed.comparison_id = group_names.comparison_id
    left join leaving
        on
            placed.comparison_id = leaving.comparison_id
            and placed.place = leaving.place
            and group_names.group_name = leaving.group_name
    where placed.n_events > 0

)

select
    comparison_id,
    group_name,
    place,
    cast(n_events as {{ type_double() }}) as n_events,
    cast(n_at_risk as {{ type_double() }}) as n_at_risk,
    cast(n_events_of_all as {{ type_double() }}) as n_events_of_all,
    cast(n_at_risk_of_all as {{ type_double() }}) as n_at_risk_of_all
from crossed
where n_at_risk > 0
