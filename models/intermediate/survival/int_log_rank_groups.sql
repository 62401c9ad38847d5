-- Whose times to first hello world are compared: the segments of a dimension, and who
-- began before and after an event of the program, in all and in each segment of the
-- dimension that the event was about. On no side of an event is who began before the
-- logs, and may have said hello unseen, or is of an unknown segment, which is of who is
-- not known yet.
-- One row per comparison, group and time.
with time_points as (

    select * from {{ ref('int_ttfhw_time_points') }}

),

memberships as (

    select * from {{ ref('int_ttfhw_memberships') }}
    where cohort = 'all' and segment <> 'unknown' and not is_left_truncated

),

program_events as (

    select
        event_id,
        event_date,
        dimension,
        {{ days_after('event_date', '-7 * weeks') }} as first_date,
        {{ days_after('event_date', '7 * weeks') }} as end_date
    from {{ ref('int_program_events') }}

),

sides as (

    select
        memberships.unit,
        memberships.dimension,
        memberships.segment,
        program_events.event_id,
        case
            when memberships.began_date < program_events.event_date then 'before'
            else 'after'
        end as group_name,
        memberships.curve_seconds as duration_seconds,
        memberships.is_converted
    from memberships
    inner join program_events
        on
            (
                memberships.dimension = 'all'
                or memberships.dimension = program_events.dimension
            )
            and (
                program_events.first_date is null
                or memberships.began_date >= program_events.first_date
            )
            and (
                program_events.end_date is null
                or memberships.began_date < program_events.end_date
            )

),

groups as (

    select
        'segments' as comparison,
        unit,
        cohort,
        dimension,
        'all' as segment,
        '' as event_id,
        segment as group_name,
        duration_seconds,
        n_events,
        n_events + n_censored as n_leaving
    from time_points
    where dimension <> 'all'
    union all
    select
        'before_after' as comparison,
        unit,
        'all' as cohort,
        dimension,
        segment,
        event_id,
        group_name,
        duration_seconds,
        sum(case when is_converted then 1 else 0 end) as n_events,
        count(*) as n_leaving
    from sides
    group by unit, dimension, segment, event_id, group_name, duration_seconds

)

select
    dense_rank() over (
        order by comparison, unit, cohort, dimension, segment, event_id
    ) as comparison_id,
    *
from groups
