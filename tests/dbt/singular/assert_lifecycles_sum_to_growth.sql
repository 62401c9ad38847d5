-- The lifecycles in the facts are the ones that growth accounting counts.
with facts as (

    select distinct
        week_start,
        'token_lineage' as grain,
        token_lineage_id as unit_id,
        lifecycle
    from {{ ref('fct_weekly_active_tokens') }}
    union all
    select
        week_start,
        'company' as grain,
        company_id as unit_id,
        lifecycle
    from {{ ref('fct_weekly_active_companies') }}

),

counted as (

    select
        week_start,
        grain,
        count(*) as active,
        sum(case when lifecycle = 'new' then 1 else 0 end) as new,
        sum(case when lifecycle = 'retained' then 1 else 0 end) as retained,
        sum(case when lifecycle = 'resurrected' then 1 else 0 end) as resurrected
    from facts
    group by week_start, grain

)

select growth.*
from {{ ref('fct_growth_accounting_weekly') }} as growth
left join counted
    on
        growth.week_start = counted.week_start
        and growth.grain = counted.grain
where
    growth.grain <> 'developer'
    and growth.active is not null
    and (
        growth.active <> coalesce(counted.active, 0)
        or growth.new <> coalesce(counted.new, 0)
        or growth.retained <> coalesce(counted.retained, 0)
        or growth.resurrected <> coalesce(counted.resurrected, 0)
    )
