-- How many rows each log has of a date, by landing's ledger; 0 where it has none. The
-- newest date is left out: more of it may come.
-- One row per log source and UTC date, from the first to the last before the newest.
with landed as (

    select
        source,
        event_date,
        cast(sum(landed_rows) as bigint) as landed_rows
    from {{ ref('int_log_rows_landed') }}
    group by source, event_date

),

spans as (

    select
        source,
        min(event_date) as first_date,
        cast({{ days_after('max(event_date)', -1) }} as date) as last_whole_date
    from landed
    group by source

),

dates as (

    select
        source,
        {{ dates_between('first_date', 'last_whole_date', 1) }} as event_date
    from spans
    where first_date <= last_whole_date

),

volumes as (

    select
        dates.source,
        dates.event_date,
        coalesce(landed.landed_rows, 0) as landed_rows
    from dates
    left join landed
        on
            dates.source = landed.source
            and dates.event_date = landed.event_date

)

select * from volumes
