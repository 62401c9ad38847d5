-- The days on which something happened to a developer whose very moment is asked for:
-- the first success or, for who never had one, the last day with requests; the last
-- failed attempt before it; the n-th production success, n being var
-- nth_production_success.
-- One row per developer and such day.
{% set n = var('nth_production_success') %}
with token_days as (

    select token_days.*
    from {{ ref('int_token_days') }} as token_days
    cross join {{ ref('int_watermark') }} as watermark
    where
        token_days.developer_id is not null
        and token_days.outcome not in ('malformed', 'duplicate')
        and token_days.first_requested_at <= watermark.watermark_at

),

developer_days as (

    select
        developer_id,
        activity_date,
        sum(case when outcome = 'qualified' then requests else 0 end)
            as production_successes,
        max(case when outcome in ('qualified', 'sandbox') then 1 else 0 end)
            as successful_days,
        sum(
            case
                when outcome in ('failed_authentication', 'unsuccessful') then requests
                else 0
            end
        ) as failed_requests
    from token_days
    group by developer_id, activity_date

),

running as (

    select
        *,
        sum(production_successes) over days_so_far as production_successes_so_far,
        sum(successful_days) over days_so_far as successful_days_so_far,
        sum(failed_requests) over days_so_far as failed_requests_so_far,
        lead(activity_date) over (
            partition by developer_id order by activity_date
        ) is null as is_last_day
    from developer_days
    window
        days_so_far as (
            partition by developer_id
            order by activity_date
            rows between unbounded preceding and current row
        )

),

judged as (

    select
        developer_id,
        activity_date,
        failed_requests,
        {{ n }} - (production_successes_so_far - production_successes)
            as successes_to_the_nth,
        failed_requests_so_far - failed_requests as earlier_failed_requests,
        production_successes_so_far >= {{ n }}
        and production_successes_so_far - production_successes < {{ n }} as is_nth_day,
        case
            when successful_days_so_far = 0 then is_last_day
            else successful_days_so_far = 1 and successful_days = 1
        end as is_end_of_attempts,
        successful_days_so_far - successful_days = 0 as is_before_success
    from running

),

dated as (

    select
        *,
        max(
            case
                when
                    is_before_success and failed_requests > 0 and not is_end_of_attempts
                    then activity_date
            end
        ) over (partition by developer_id) as earlier_failure_date
    from judged

)

select
    developer_id,
    activity_date,
    cast(successes_to_the_nth as bigint) as successes_to_the_nth,
    cast(earlier_failed_requests as bigint) as earlier_failed_requests,
    is_nth_day,
    is_end_of_attempts
from dated
where
    is_nth_day
    or is_end_of_attempts
    or activity_date = earlier_failure_date
