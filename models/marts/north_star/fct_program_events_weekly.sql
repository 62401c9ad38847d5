-- What happened in each week, to be read beside its numbers: releases, campaigns,
-- incidents.
-- One row per event and week that it touches.
with weeks as (

    select * from {{ ref('int_weeks') }}

),

program_events as (

    select * from {{ ref('int_program_events') }}

)

select
    weeks.week_start,
    program_events.event_id,
    program_events.kind,
    program_events.event_date,
    program_events.end_date,
    program_events.dimension,
    {{ without_address('program_events.description') }} as description,
    weeks.week_status,
    weeks.is_data_gap
from program_events
inner join weeks
    on
        program_events.event_date <= weeks.week_end
        and program_events.end_date >= weeks.week_start
