-- Growth accounting: what the change of the active is made of, and how many are won for
-- each one lost (definitions D21, D22). The grains do not add up to each other.
-- One row per week, gaps included, and grain.
with weeks as (

    select * from {{ ref('int_weeks') }}

),

growth as (

    select * from {{ ref('int_growth_weekly') }}

),

grains as (

    select distinct grain from growth

),

weekly as (

    select
        weeks.week_start,
        grains.grain,
        growth.active,
        growth.new,
        growth.retained,
        growth.resurrected,
        growth.churned,
        cast(growth.new + growth.resurrected as {{ type_double() }}) as won,
        weeks.is_left_censored,
        weeks.week_status
    from weeks
    cross join grains
    left join growth
        on
            weeks.week_start = growth.week_start
            and grains.grain = growth.grain

),

-- A week counts among the four if it can be judged: it is final, no gap and not the
-- first, in which everyone looks new.
summed as (

    select
        *,
        count(case when not is_left_censored then churned end) over last_4_weeks
            as weeks_judged,
        sum(won) over last_4_weeks as won_in_4_weeks,
        sum(churned) over last_4_weeks as churned_in_4_weeks
    from weekly
    window last_4_weeks as (
        partition by grain
        order by week_start
        rows between 3 preceding and current row
    )

)

select
    week_start,
    grain,
    active,
    new,
    retained,
    resurrected,
    churned,
    won / nullif(churned, 0) as quick_ratio,
    case when weeks_judged = 4 then won_in_4_weeks / nullif(churned_in_4_weeks, 0) end
        as quick_ratio_trailing_4_weeks,
    is_left_censored,
    week_status
from summed
