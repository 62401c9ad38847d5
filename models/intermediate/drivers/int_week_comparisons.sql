-- What a final week is compared with: the week before that is no gap, and the week four
-- weeks before, unless that is one (definition D24).
-- One row per final week and comparison.
with weeks as (

    select * from {{ ref('int_weeks') }}
    where not is_data_gap

),

preceded as (

    select
        week_start,
        week_status,
        lag(week_start) over (order by week_start) as previous_week_start
    from weeks

),

compared as (

    select
        week_start,
        'week' as comparison,
        previous_week_start
    from preceded
    where week_status = 'final' and previous_week_start is not null
    union all
    select
        weeks.week_start,
        '4_weeks' as comparison,
        earlier.week_start as previous_week_start
    from weeks
    inner join weeks as earlier
        on earlier.week_start = cast({{ days_after('weeks.week_start', -28) }} as date)
    where weeks.week_status = 'final'

)

select * from compared
