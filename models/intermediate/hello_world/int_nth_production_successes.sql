-- When each developer reached the n-th production success, n being var
-- nth_production_success: the day is known from the days, the moment from that day's
-- requests.
-- One row per developer who got there.
with successes as (

    select
        developer_id,
        requested_at,
        successes_to_the_nth,
        row_number() over (partition by developer_id order by requested_at)
            as place_on_day
    from {{ ref('int_milestone_requests') }}
    where is_nth_day and outcome = 'qualified'

)

select
    developer_id,
    requested_at as nth_production_success_at
from successes
where place_on_day = successes_to_the_nth
