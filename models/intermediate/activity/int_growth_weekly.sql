-- How many are active, and how many of them are new, retained and resurrected. Churned
-- are those of the tracked week before who are not retained: dated to the first silent
-- week, and known only when the week is final (definition D21).
-- One row per grain and week that is not a gap.
with lifecycles as (

    select * from {{ ref('int_lifecycles') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}
    where not is_data_gap

),

grains as (

    select 'token_lineage' as grain
    union all
    select 'developer' as grain
    union all
    select 'company' as grain

),

counted as (

    select
        weeks.week_start,
        weeks.week_status,
        grains.grain,
        cast(count(lifecycles.unit_id) as bigint) as active,
        cast(count(case when lifecycles.lifecycle = 'new' then 1 end) as bigint) as new,
        cast(count(case when lifecycles.lifecycle = 'retained' then 1 end) as bigint)
            as retained,
        cast(count(case when lifecycles.lifecycle = 'resurrected' then 1 end) as bigint)
            as resurrected
    from weeks
    cross join grains
    left join lifecycles
        on
            weeks.week_start = lifecycles.week_start
            and grains.grain = lifecycles.grain
    group by weeks.week_start, weeks.week_status, grains.grain

),

preceded as (

    select
        *,
        lag(active, 1, 0) over (partition by grain order by week_start)
            as previous_active
    from counted

),

compared as (

    select
        week_start,
        grain,
        active,
        new,
        retained,
        resurrected,
        case when week_status = 'final' then previous_active - retained end as churned
    from preceded

)

select * from compared
