-- Who came, came back and left since the week before is the same here as in the growth
-- accounting.
with growth as (

    select
        *,
        case grain
            when 'token_lineage' then 'weekly_active_token_lineages'
            when 'developer' then 'weekly_active_developers'
            else 'weekly_active_companies'
        end as metric
    from {{ ref('fct_growth_accounting_weekly') }}
    where churned is not null

),

drivers as (

    select * from {{ ref('fct_north_star_drivers_weekly') }}
    where comparison = 'week' and dimension = 'all'

)

select growth.*
from drivers
inner join growth
    on
        drivers.week_start = growth.week_start
        and drivers.metric = growth.metric
where
    drivers.new <> growth.new
    or drivers.resurrected <> growth.resurrected
    or drivers.churned <> growth.churned
