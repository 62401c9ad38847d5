-- Which tokens are active in which week: at least var min_qualified_requests qualified
-- requests. The definition of "active" stands here and nowhere else (D6). Sources that
-- run ahead of the watermark wait for it.
-- One row per active token and week.
with token_days as (

    select * from {{ ref('int_token_days') }}
    where token_id is not null and outcome not in ('malformed', 'duplicate')

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

token_weeks as (

    select
        week_start,
        token_id,
        cast(sum(requests) as bigint) as attempted_requests,
        cast(sum(successful_requests) as bigint) as successful_requests,
        cast(sum(case when outcome = 'qualified' then requests else 0 end) as bigint)
            as qualified_requests,
        cast(
            count(distinct case when outcome = 'qualified' then activity_date end)
            as bigint
        ) as active_days,
        -- At least so many: each is counted for one day, API and client.
        max(case when outcome = 'qualified' then client_addresses end)
            as client_addresses,
        count(distinct case when outcome = 'qualified' then sdk end) as sdks,
        min(case when outcome = 'qualified' then first_requested_at end)
            as first_request_at,
        max(case when outcome = 'qualified' then last_requested_at end)
            as last_request_at
    from token_days
    group by week_start, token_id

),

active as (

    select
        token_weeks.week_start,
        token_weeks.token_id,
        token_weeks.attempted_requests,
        token_weeks.successful_requests,
        token_weeks.qualified_requests,
        token_weeks.active_days,
        token_weeks.client_addresses >= {{ var('shared_token_addresses') }}
        or token_weeks.sdks >= {{ var('shared_token_sdks') }} as is_suspected_shared,
        token_weeks.first_request_at,
        token_weeks.last_request_at
    from token_weeks
    inner join weeks
        on token_weeks.week_start = weeks.week_start
    where token_weeks.qualified_requests >= {{ var('min_qualified_requests') }}

)

select * from active
