-- Where each token lineage, developer and company stands in each of its active weeks:
-- new in its first ever, retained when it was active in the tracked week before,
-- resurrected otherwise (definition D21).
-- One row per grain, unit and week in which it is active.
with token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

unit_weeks as (

    select
        'token_lineage' as grain,
        token_lineage_id as unit_id,
        week_start
    from token_weeks
    union
    select
        'developer' as grain,
        developer_id as unit_id,
        week_start
    from token_weeks
    where developer_id is not null
    union
    select
        'company' as grain,
        company_id as unit_id,
        week_start
    from token_weeks
    where company_id is not null

),

preceded as (

    select
        unit_weeks.grain,
        unit_weeks.unit_id,
        unit_weeks.week_start,
        weeks.tracked_week_number,
        lag(weeks.tracked_week_number) over history as previous_week_number,
        lead(unit_weeks.week_start) over history is null as is_last_week,
        min(unit_weeks.week_start) over history as cohort_week
    from unit_weeks
    inner join weeks
        on unit_weeks.week_start = weeks.week_start
    window history as (
        partition by unit_weeks.grain, unit_weeks.unit_id order by unit_weeks.week_start
    )

),

judged as (

    select
        grain,
        unit_id,
        week_start,
        cohort_week,
        is_last_week,
        case
            when previous_week_number is null then 'new'
            when previous_week_number = tracked_week_number - 1 then 'retained'
            else 'resurrected'
        end as lifecycle
    from preceded

)

select * from judged
