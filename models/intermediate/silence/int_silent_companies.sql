-- Companies that were active and fell silent: no active token in the last var
-- silent_after_weeks final weeks nor since, and no more than var lost_after_weeks after
-- which nobody is called any more. Gaps in the logs are no silence (definition D21).
-- One row per silent company.
with weeks as (

    select * from {{ ref('int_weeks') }}

),

token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}
    where company_id is not null

),

company_weeks as (

    select
        company_id,
        week_start,
        count(*) as active_tokens,
        count(distinct developer_id) as active_developers,
        sum(qualified_requests) as qualified_requests,
        max(last_request_at) as last_request_at
    from token_weeks
    group by company_id, week_start

),

histories as (

    select
        company_id,
        max(week_start) as last_active_week,
        cast(count(*) as bigint) as active_weeks,
        avg(cast(qualified_requests as {{ type_double() }})) as usual_weekly_requests
    from company_weeks
    group by company_id

),

final_weeks as (

    select max(tracked_week_number) as tracked_week_number
    from weeks
    where week_status = 'final'

),

silences as (

    select
        histories.*,
        cast(
            final_weeks.tracked_week_number - weeks.tracked_week_number as bigint
        ) as silent_weeks
    from histories
    inner join weeks
        on histories.last_active_week = weeks.week_start
    cross join final_weeks

)

select
    silences.company_id,
    silences.last_active_week,
    company_weeks.last_request_at as last_success_at,
    silences.silent_weeks,
    silences.active_weeks,
    cast(company_weeks.active_tokens as bigint) as active_tokens,
    cast(company_weeks.active_developers as bigint) as active_developers,
    silences.usual_weekly_requests
from silences
inner join company_weeks
    on
        silences.company_id = company_weeks.company_id
        and silences.last_active_week = company_weeks.week_start
where
    silences.silent_weeks between {{ var('silent_after_weeks') }}
    and {{ var('lost_after_weeks') }}
