-- Everyone of a cohort is active in week 0, never more than everyone later, and who is
-- active then or later cannot grow with time (definition D23).
with cells as (

    select
        *,
        min(active_on_or_after) over (
            partition by grain, cohort_week
            order by weeks_since
            rows between unbounded preceding and current row
        ) as least_on_or_after
    from {{ ref('fct_retention_weekly') }}

)

select *
from cells
where
    (weeks_since = 0 and active <> cohort_size)
    or (weeks_since = 0 and active is null)
    or active > active_on_or_after
    or active_on_or_after > cohort_size
    or active_on_or_after > least_on_or_after
