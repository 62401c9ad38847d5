-- When the rows of logs came, by landing's ledger, and whether that was too late: after
-- their week had been final by what had landed on earlier dates. Logs from before the
-- first that was known are history that is filled in, and so is a first landing.
-- Dates that no clock can have meant are left out.
-- One row per log source, UTC event date and UTC date of landing.
{% set final_from = days_after(
    week_start('arrivals.event_date'), 7 + var('late_allowance_days')
) -%}
with file_dates as (

    select * from {{ ref('stg_landing__file_dates') }}

),

landed_dates as (

    select * from {{ ref('int_landed_dates') }}
    where rows_there > 0

),

arrivals as (

    select
        file_dates.source,
        file_dates.event_date,
        cast(file_dates.landed_at as date) as landed_date,
        cast(sum(landed_dates.rows_there) as bigint) as landed_rows
    from landed_dates
    inner join file_dates
        on
            landed_dates.file_hash = file_dates.file_hash
            and landed_dates.event_date = file_dates.event_date
    where
        file_dates.event_date >= cast('{{ var("tracking_starts_at") }}' as date)
        and file_dates.event_date
        <= cast({{ days_after('file_dates.landed_at', 1) }} as date)
    group by
        file_dates.source,
        file_dates.event_date,
        cast(file_dates.landed_at as date)

),

landings as (

    select
        source,
        landed_date,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from arrivals
    group by source, landed_date

),

known_before as (

    select
        landings.source,
        landings.landed_date,
        min(earlier.first_event_date) as first_known_date,
        max(earlier.last_event_date) as last_known_date
    from landings
    inner join landings as earlier
        on
            landings.source = earlier.source
            and landings.landed_date > earlier.landed_date
    group by landings.source, landings.landed_date

)

select
    arrivals.source,
    arrivals.event_date,
    arrivals.landed_date,
    arrivals.landed_rows,
    coalesce(
        arrivals.event_date >= known_before.first_known_date
        and cast({{ final_from }} as date) <= known_before.last_known_date,
        false
    ) as is_late
from arrivals
left join known_before
    on
        arrivals.source = known_before.source
        and arrivals.landed_date = known_before.landed_date
