-- The median time to first hello world by Kaplan and Meier (J. Am. Stat. Assoc. 53,
-- 1958): those who are still waiting count for as long as they were watched (D17).
-- One row per week that has sign-ups in its window.
with observations as (

    select * from {{ ref('int_hello_world_windows') }}

),

time_points as (

    select
        week_start,
        duration_seconds,
        sum(case when is_converted then 1 else 0 end) as events,
        count(*) as leaving
    from observations
    group by week_start, duration_seconds

),

at_risk as (

    select
        *,
        sum(leaving) over (
            partition by week_start
            order by duration_seconds desc
            rows between unbounded preceding and current row
        ) as n_at_risk
    from time_points

),

-- The product of 1 - events / n_at_risk as a sum of logarithms; nobody is left where
-- the last one converts.
curve as (

    select
        week_start,
        duration_seconds,
        case
            when
                min(n_at_risk - events) over (
                    partition by week_start
                    order by duration_seconds
                    rows between unbounded preceding and current row
                ) = 0 then 0
            else exp(sum(
                case
                    when events = n_at_risk then 0
                    else ln(1 - events / cast(n_at_risk as {{ type_double() }}))
                end
            ) over (
                partition by week_start
                order by duration_seconds
                rows between unbounded preceding and current row
            ))
        end as survival
    from at_risk

),

medians as (

    select
        week_start,
        -- Half is half, whatever the last bit of the logarithms says.
        min(case when survival <= 0.5 + 1e-9 then duration_seconds end)
            as ttfhw_p50_seconds
    from curve
    group by week_start

)

select * from medians
