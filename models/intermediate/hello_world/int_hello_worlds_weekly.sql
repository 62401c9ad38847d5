-- The median time to first hello world by Kaplan and Meier (J. Am. Stat. Assoc. 53, 1958), and the shares that
-- converted within a day and a week among those watched for at least that long (definition D17).
-- One row per week that has sign-ups in its window.
with observations as (

    select * from {{ ref('int_hello_world_windows') }}

),

shares as (

    select
        week_start,
        avg(case
            when observed_seconds >= 86400 and is_converted and duration_seconds <= 86400
                then 1.0
            when observed_seconds >= 86400 then 0.0
        end) as converted_24h_rate,
        avg(case
            when observed_seconds >= 604800 and is_converted and duration_seconds <= 604800
                then 1.0
            when observed_seconds >= 604800 then 0.0
        end) as converted_7d_rate
    from observations
    group by week_start

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

-- The product of 1 - events / n_at_risk as a sum of logarithms; nobody is left where the last one converts.
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
                    else ln(1 - events / cast(n_at_risk as double))
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

select
    shares.week_start,
    medians.ttfhw_p50_seconds,
    cast(shares.converted_24h_rate as double) as converted_24h_rate,
    cast(shares.converted_7d_rate as double) as converted_7d_rate
from shares
inner join medians
    on shares.week_start = medians.week_start
