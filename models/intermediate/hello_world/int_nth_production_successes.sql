-- When each developer reached the n-th production success, n being var
-- nth_production_success: the day on which the running count passes n is known from the
-- days, the instant from that day's requests.
-- One row per developer who got there.
{% set n = var('nth_production_success') %}
with developer_days as (

    select
        developer_id,
        activity_date,
        sum(requests) as successes
    from {{ ref('int_token_days') }}
    where outcome = 'qualified' and developer_id is not null
    group by developer_id, activity_date

),

running as (

    select
        *,
        sum(successes) over (
            partition by developer_id
            order by activity_date
            rows between unbounded preceding and current row
        ) as successes_so_far
    from developer_days

),

crossings as (

    select
        developer_id,
        activity_date,
        {{ n }} - (successes_so_far - successes) as place_on_day
    from running
    where
        successes_so_far >= {{ n }}
        and successes_so_far - successes < {{ n }}

),

successes as (

    select
        crossings.developer_id,
        crossings.place_on_day,
        requests.requested_at,
        row_number() over (
            partition by crossings.developer_id order by requests.requested_at
        ) as place
    from {{ ref('int_requests_classified') }} as requests
    inner join crossings
        on
            requests.developer_id = crossings.developer_id
            and requests.activity_date = crossings.activity_date
    where requests.outcome = 'qualified'

)

select
    developer_id,
    requested_at as nth_production_success_at
from successes
where place = place_on_day
