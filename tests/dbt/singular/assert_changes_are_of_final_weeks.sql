-- A change is stated only for weeks whose logs are complete (definition D4).
select *
from {{ ref('fct_north_star_weekly') }}
where
    week_status <> 'final'
    and (
        wat_change is not null
        or wac_change is not null
        or quick_ratio is not null
    )
