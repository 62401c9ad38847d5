-- Of the newest seven whole dates of each log, those with unusually few or many rows.
{{ config(severity='warn', meta={'alert': 'once'}) }}

with volumes as (

    select * from {{ ref('int_log_volumes_judged') }}

),

newest as (

    select
        source,
        max(event_date) as newest_date
    from volumes
    group by source

)

select
    volumes.source,
    volumes.event_date,
    volumes.landed_rows,
    volumes.usual_low,
    volumes.usual_high
from volumes
inner join newest
    on volumes.source = newest.source
where
    volumes.event_date > cast({{ days_after('newest.newest_date', -7) }} as date)
    and not volumes.is_usual
