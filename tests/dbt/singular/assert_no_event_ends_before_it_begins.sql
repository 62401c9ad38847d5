-- In seeds/program_events.csv the end_date is the last day: event_date or a later one,
-- or empty for an event of one day.
select
    event_id,
    event_date,
    end_date
from {{ ref('program_events') }}
where end_date < event_date
