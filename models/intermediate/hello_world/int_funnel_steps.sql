-- The steps of each developer from the sign-up to regular use, as far as they come in
-- the days of var funnel_days. Who says hello has called and had a token, whatever the
-- registry says; production counts from the hello world on.
-- One row per developer who has signed up by the watermark and step.
{% set steps = {
    'sign_up': 'signed_up_at',
    'first_token': 'first_token_created_at',
    'first_request': 'first_request_at',
    'hello_world': 'hello_world_at',
    'first_production_success': 'production_success_at',
    'nth_production_success': 'nth_success_at',
} %}
with developers as (

    select
        *,
        case
            when hello_world_at < first_production_success_at
                then first_production_success_at
            when first_production_success_at is not null then hello_world_at
        end as production_success_at,
        case
            when hello_world_at < nth_production_success_at
                then nth_production_success_at
            when nth_production_success_at is not null then hello_world_at
        end as nth_success_at,
        {{ days_after('signed_up_at', var('funnel_days')) }} as funnel_ends_at,
        {{ week_start(reporting_date('signed_up_at')) }} as cohort_week
    from {{ ref('int_developer_milestones') }}
    where signed_up_at <= watermark_at

),

steps as (

    {% for step, milestone in steps.items() -%}
    select
        developer_id,
        cohort_week,
        '{{ step }}' as step,
        {{ loop.index }} as step_number,
        {{ milestone }} as milestone_at,
        signed_up_at,
        funnel_ends_at,
        watermark_at
    from developers
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}

),

dated as (

    select
        *,
        min(milestone_at) over (
            partition by developer_id
            order by step_number desc
            rows between unbounded preceding and current row
        ) as reached_at
    from steps

),

-- What lies before the sign-up was no wait of this developer.
counted as (

    select
        developer_id,
        cohort_week,
        step,
        step_number,
        case
            when reached_at < signed_up_at or step_number = 1 then signed_up_at
            when reached_at < funnel_ends_at then reached_at
        end as reached_at,
        funnel_ends_at <= watermark_at as is_mature
    from dated

),

preceded as (

    select
        *,
        lag(reached_at) over (partition by developer_id order by step_number)
            as step_before_at
    from counted

)

select
    developer_id,
    cohort_week,
    step,
    step_number,
    reached_at,
    step_before_at,
    step_number = 1 or step_before_at is not null as has_entered,
    {{ seconds_between('step_before_at', 'reached_at') }} as seconds_from_step_before,
    is_mature
from preceded
