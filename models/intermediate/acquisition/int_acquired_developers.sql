-- What became of each sign-up in its first 7 days, with the channel and campaign that
-- it came by (definitions D15, D27).
-- One row per developer who is not internal and signed up by the watermark.
with hello_worlds as (

    select * from {{ ref('int_hello_worlds') }}
    where signed_up_at <= watermark_at

),

channels as (

    select * from {{ ref('int_developer_channels') }}

),

timed as (

    select
        *,
        {{ days_after('signed_up_at', 7) }} as first_7_days_end_at
    from hello_worlds

)

select
    timed.developer_id,
    timed.cohort_week as week_start,
    channels.channel,
    channels.campaign,
    coalesce(timed.first_request_at <= timed.first_7_days_end_at, false)
        as has_first_request_7d,
    timed.is_converted
    and timed.hello_world_at <= timed.first_7_days_end_at as has_hello_world_7d
from timed
inner join channels
    on timed.developer_id = channels.developer_id
