-- How far the sign-ups of a week have come, and how long each step took them.
-- One row per sign-up week, dimension, segment and step.
with steps as (

    select * from {{ ref('int_funnel_steps') }}

),

sign_ups as (

    select
        *,
        case when is_greenfield then 'greenfield' else 'joining' end as greenfield
    from {{ ref('int_sign_ups') }}

),

weeks as (

    select
        cohort_week,
        min(case when is_mature then 1 else 0 end) = 1 as is_mature
    from steps
    group by cohort_week

),

memberships as (

    {% for dimension in ['all'] + ttfhw_dimensions() -%}
    select
        steps.cohort_week,
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'all' else 'sign_ups.' ~ dimension }} as segment,
        steps.step,
        steps.step_number,
        steps.has_entered,
        steps.reached_at,
        steps.seconds_from_step_before
    from steps
    inner join sign_ups
        on steps.developer_id = sign_ups.developer_id
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}

),

ordered as (

    select
        *,
        sum(case when has_entered then 1 else 0 end) over (
            partition by cohort_week, dimension, segment, step
        ) as entered,
        -- Who has not taken the step comes after all who have.
        row_number() over (
            partition by cohort_week, dimension, segment, step
            order by
                case when reached_at is null then 1 else 0 end, seconds_from_step_before
        ) as place
    from memberships

),

counted as (

    select
        cohort_week,
        dimension,
        segment,
        step,
        step_number,
        entered,
        count(reached_at) as developers,
        max(
            case
                when 2 * place in (entered, entered + 1) then seconds_from_step_before
            end
        )
            as median_seconds
    from ordered
    group by cohort_week, dimension, segment, step, step_number, entered

)

select
    counted.cohort_week,
    counted.dimension,
    counted.segment,
    counted.step,
    cast(counted.step_number as bigint) as step_number,
    cast(counted.entered as bigint) as entered,
    cast(counted.developers as bigint) as developers,
    case when weeks.is_mature then counted.median_seconds end as median_seconds,
    weeks.is_mature
from counted
inner join weeks
    on counted.cohort_week = weeks.cohort_week
