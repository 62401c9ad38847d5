-- What the program did or what happened to it. Events of the sample stand in the seed
-- for whoever tries it out: they are nobody's who landed files of their own.
-- One row per event.
with program_events as (

    select * from {{ ref('program_events') }}

),

landed as (

    select coalesce({{ any_true('is_sample') }}, false) as is_sample
    from {{ ref('stg_landing__files') }}

)

select
    program_events.event_id,
    program_events.event_date,
    coalesce(program_events.end_date, program_events.event_date) as end_date,
    program_events.kind,
    nullif(program_events.dimension, '') as dimension,
    program_events.weeks,
    program_events.reason as description
from program_events
cross join landed
where landed.is_sample or not program_events.is_sample
