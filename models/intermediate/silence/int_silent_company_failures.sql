-- What silent companies met last, and how often since their last success: perhaps why
-- they fell silent.
-- One row per silent company with a failed request.
with company_days as (

    select * from {{ ref('int_silent_company_days') }}

),

companies as (

    select * from {{ ref('int_silent_companies') }}

),

requests as (

    select requests.*
    from {{ ref('int_requests_looked_into') }} as requests
    cross join {{ ref('int_watermark') }} as watermark
    where
        requests.outcome in ('failed_authentication', 'unsuccessful')
        and requests.requested_at <= watermark.watermark_at

),

failures as (

    select
        company_days.company_id,
        company_days.failed_requests_between,
        requests.requested_at,
        requests.status_code,
        requests.endpoint,
        requests.requested_at > companies.last_success_at as is_after_success,
        row_number() over (
            partition by company_days.company_id
            order by
                requests.requested_at desc,
                requests.status_code desc,
                coalesce(requests.endpoint, '') desc
        ) as place_from_the_end
    from company_days
    inner join requests
        on
            company_days.token_id = requests.token_id
            and company_days.activity_date = requests.activity_date
    inner join companies
        on company_days.company_id = companies.company_id

)

select
    company_id,
    cast(
        max(failed_requests_between)
        + sum(case when is_after_success then 1 else 0 end) as bigint
    ) as errors_since_last_success,
    max(case when place_from_the_end = 1 then requested_at end) as last_failed_at,
    cast(max(case when place_from_the_end = 1 then status_code end) as bigint)
        as last_failed_status_code,
    max(case when place_from_the_end = 1 then endpoint end) as last_failed_endpoint
from failures
group by company_id
