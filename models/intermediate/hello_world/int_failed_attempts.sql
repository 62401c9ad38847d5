-- What went wrong for each developer before the first success, or until now for who has
-- had none: how often, and what they met last.
-- One row per developer with a failed attempt.
with requests as (

    select
        *,
        min(case when outcome in ('qualified', 'sandbox') then requested_at end) over (
            partition by developer_id
        ) as first_success_at
    from {{ ref('int_milestone_requests') }}

),

-- On earlier days than the last one of attempts nothing succeeded.
earlier_days as (

    select
        developer_id,
        earlier_failed_requests
    from {{ ref('int_milestone_days') }}
    where is_end_of_attempts

),

failures as (

    select
        *,
        row_number() over (
            partition by developer_id
            order by
                requested_at desc,
                status_code desc,
                coalesce(endpoint, '') desc,
                sdk desc
        ) as place_from_the_end
    from requests
    where
        outcome in ('failed_authentication', 'unsuccessful')
        and (first_success_at is null or requested_at < first_success_at)

),

counted as (

    select
        developer_id,
        sum(case when is_end_of_attempts then 1 else 0 end) as failed_on_last_day,
        max(case when place_from_the_end = 1 then requested_at end) as last_failed_at,
        cast(max(case when place_from_the_end = 1 then status_code end) as bigint)
            as last_failed_status_code,
        max(case when place_from_the_end = 1 then endpoint end) as last_failed_endpoint,
        max(case when place_from_the_end = 1 then sdk end) as last_failed_sdk
    from failures
    group by developer_id

),

completed as (

    select
        counted.developer_id,
        cast(
            earlier_days.earlier_failed_requests + counted.failed_on_last_day as bigint
        ) as failed_attempts,
        counted.last_failed_at,
        counted.last_failed_status_code,
        counted.last_failed_endpoint,
        counted.last_failed_sdk
    from counted
    inner join earlier_days
        on counted.developer_id = earlier_days.developer_id

)

select * from completed
