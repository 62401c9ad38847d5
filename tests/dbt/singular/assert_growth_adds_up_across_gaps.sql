-- What was active in the last week with logs, and what was won and lost since, is what
-- is active now; a gap claims nothing (definition D21).
with growth as (

    select * from {{ ref('fct_growth_accounting_weekly') }}

),

weeks as (

    select
        week_start,
        is_data_gap
    from {{ ref('dim_weeks') }}

),

-- The last number that was stated before this week, over any number of gaps.
numbered as (

    select
        growth.*,
        weeks.is_data_gap,
        count(growth.active) over (
            partition by growth.grain order by growth.week_start
        ) as stated_weeks
    from growth
    inner join weeks
        on growth.week_start = weeks.week_start

),

compared as (

    select
        numbered.*,
        coalesce(previous.active, 0) as previous_active
    from numbered
    left join numbered as previous
        on
            numbered.grain = previous.grain
            and numbered.stated_weeks = previous.stated_weeks + 1
            and not previous.is_data_gap

)

select *
from compared
where
    case
        when is_data_gap
            then
                coalesce(
                    active, new, retained, resurrected, churned,
                    quick_ratio, quick_ratio_trailing_4_weeks
                ) is not null
        when week_status = 'final'
            then
                coalesce(
                    active <> previous_active + new + resurrected - churned
                    or retained <> previous_active - churned,
                    true
                )
        else
            coalesce(churned, quick_ratio, quick_ratio_trailing_4_weeks) is not null
            or coalesce(active <> new + retained + resurrected, true)
    end
