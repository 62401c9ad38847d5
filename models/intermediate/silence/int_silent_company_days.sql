-- The days with failed requests of silent companies whose very moments are asked for:
-- that of the last success, and the last one of all. What failed on the days between
-- them is known from the days.
-- One row per token of a silent company and such day.
with tokens as (

    select * from {{ ref('int_silent_company_tokens') }}

),

failed_days as (

    select
        tokens.company_id,
        tokens.token_id,
        token_days.activity_date,
        {{ reporting_date('tokens.last_success_at') }} as last_success_date,
        sum(token_days.requests) as failed_requests
    from {{ ref('int_token_days') }} as token_days
    inner join tokens
        on token_days.token_id = tokens.token_id
    cross join {{ ref('int_watermark') }} as watermark
    where
        token_days.outcome in ('failed_authentication', 'unsuccessful')
        and token_days.first_requested_at <= watermark.watermark_at
    group by
        tokens.company_id,
        tokens.token_id,
        token_days.activity_date,
        tokens.last_success_at

),

dated as (

    select
        *,
        max(activity_date) over (partition by company_id) as last_failure_date
    from failed_days

),

judged as (

    select
        *,
        sum(
            case
                when
                    activity_date > last_success_date
                    and activity_date < last_failure_date
                    then failed_requests
                else 0
            end
        ) over (partition by company_id) as failed_requests_between
    from dated

)

select
    company_id,
    token_id,
    activity_date,
    cast(failed_requests_between as bigint) as failed_requests_between
from judged
where activity_date in (last_success_date, last_failure_date)
