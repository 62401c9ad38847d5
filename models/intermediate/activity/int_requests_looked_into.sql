-- The requests of the days that somebody asks more of than days can tell: the second
-- and last pass over the logs.
-- One row per request of such a day, up to the watermark.
with requests as (

    select * from {{ ref('int_requests_classified') }}
    where outcome not in ('malformed', 'duplicate')

),

token_days as (

    select * from {{ ref('int_token_days_looked_into') }}

),

watermark as (

    select * from {{ ref('int_watermark') }}

)

select
    requests.token_id,
    requests.developer_id,
    requests.activity_date,
    requests.requested_at,
    requests.outcome,
    requests.status_code,
    requests.endpoint,
    requests.sdk
from requests
inner join token_days
    on
        requests.token_id = token_days.token_id
        and requests.activity_date = token_days.activity_date
cross join watermark
where requests.requested_at <= watermark.watermark_at
