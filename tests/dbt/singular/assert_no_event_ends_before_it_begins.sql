-- In seeds/program_events.csv the end_date is the last day: on event_date or after it, or
-- empty for an event of one day.
select
    event_id,
    event_date,
    end_date
from {{ ref('program_events') }}
where end_date < event_date
