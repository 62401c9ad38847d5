-- What went wrong for each developer before the first success, or until now for who has
-- had none: how often, and what they met last.
-- One row per developer with a failed attempt.
with requests as (

    select
        *,
        min(case when outcome in ('qualified', 'sandbox') then requested_at end) over (
            partition by developer_id
        ) as first_success_at,
        -- On earlier days than the last one of attempts all of them failed.
        max(case when is_end_of_attempts then earlier_failed_requests end) over (
            partition by developer_id
        ) as known_failed_requests
    from {{ ref('int_milestone_requests') }}

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
        cast(
            max(known_failed_requests)
            + sum(case when is_end_of_attempts then 1 else 0 end) as bigint
        ) as failed_attempts,
        max(case when place_from_the_end = 1 then requested_at end) as last_failed_at,
        cast(max(case when place_from_the_end = 1 then status_code end) as bigint)
            as last_failed_status_code,
        max(case when place_from_the_end = 1 then endpoint end) as last_failed_endpoint,
        max(case when place_from_the_end = 1 then sdk end) as last_failed_sdk
    from failures
    group by developer_id

)

select * from counted
