-- The requests of the days on which each developer reached something.
-- One row per request of such a day, up to the watermark.
with requests as (

    select * from {{ ref('int_requests_looked_into') }}

),

watermark as (

    select * from {{ ref('int_watermark') }}

),

milestone_days as (

    select * from {{ ref('int_milestone_days') }}

)

select
    requests.developer_id,
    requests.activity_date,
    requests.requested_at,
    requests.outcome,
    requests.status_code,
    requests.endpoint,
    requests.sdk,
    milestone_days.successes_to_the_nth,
    milestone_days.is_nth_day,
    milestone_days.is_end_of_attempts
from requests
inner join milestone_days
    on
        requests.developer_id = milestone_days.developer_id
        and requests.activity_date = milestone_days.activity_date
cross join watermark
where requests.requested_at <= watermark.watermark_at
