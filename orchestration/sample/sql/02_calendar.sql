-- One row per day from the first sign-up to the end, and how likely a sign-up falls on it: the
-- program grows, weekends are quiet, and so are August and the end of the year.
create table days as
with days as (
    select unnest(generate_series(
        getvariable('first_sign_up_day'), getvariable('last_day')::timestamp, interval 1 day
    )) as day
),

weighted as (
    select
        day,
        date_trunc('week', day)::timestamp as week_start,
        case
            when strftime(day, '%m-%d') >= '12-22' or strftime(day, '%m-%d') <= '01-02' then 0.5
            when month(day) = 8 then 0.85
            else 1.0
        end as season,
        if(isodow(day) >= 6, 0.35, 1.0) as weekday_weight,
        if(
            day < getvariable('first_day'),
            0.5,
            1 + 1.5 * date_diff('day', getvariable('first_day'), day) / 536.0
        ) as growth
    from days
)

select
    day,
    week_start,
    season,
    (sum(growth * weekday_weight * season) over (order by day) - growth * weekday_weight * season)
    / sum(growth * weekday_weight * season) over () as cumulative_share
from weighted
order by day;

-- One row per week of the API log.
create table weeks as
select week_start, min(season) as season
from days
where week_start >= getvariable('first_day')
group by all
order by week_start;
