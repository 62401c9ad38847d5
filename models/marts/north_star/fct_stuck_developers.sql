-- Who to call: developers who have been without a hello world for more days than var
-- stuck_after_days, what they met last, and what is at stake. First come those of the
-- largest companies, of companies where nobody has said hello yet, those who got
-- furthest, and those seen last.
-- One row per stuck developer.
with hello_worlds as (

    select
        *,
        {{ days_after('clock_start_at', var('stuck_after_days')) }} as stuck_from
    from {{ ref('int_hello_worlds') }}
    where censor_reason = 'waiting'

),

sign_ups as (

    select * from {{ ref('int_sign_ups') }}

),

developers as (

    select * from {{ ref('int_developers') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

pioneers as (

    select unit_id as company_id
    from {{ ref('int_ttfhw_clocks') }}
    where unit = 'company' and is_converted

),

failed_attempts as (

    select * from {{ ref('int_failed_attempts') }}

),

described as (

    select
        hello_worlds.developer_id,
        developers.company_id,
        developers.ultimate_parent_company_id,
        sign_ups.channel,
        {{ company_size_band('companies.employee_count') }} as company_size_band,
        {{ segment('companies.industry') }} as industry,
        {{ segment('companies.plan') }} as plan,
        {{ segment('developers.country') }} as country,
        case
            when hello_worlds.first_request_at is not null then 'first_request'
            when hello_worlds.first_token_created_at is not null then 'first_token'
            else 'sign_up'
        end as last_step,
        hello_worlds.signed_up_at,
        coalesce(
            failed_attempts.last_failed_at,
            hello_worlds.first_request_at,
            hello_worlds.first_token_created_at,
            hello_worlds.signed_up_at
        ) as last_seen_at,
        hello_worlds.duration_seconds / 86400 as stuck_days,
        coalesce(failed_attempts.failed_attempts, 0) as failed_attempts,
        failed_attempts.last_failed_status_code as last_error_status_code,
        {{ without_address('failed_attempts.last_failed_endpoint') }}
            as last_error_endpoint,
        {{ without_address('failed_attempts.last_failed_sdk') }} as last_error_sdk,
        failed_attempts.last_failed_at as last_error_at,
        pioneers.company_id is not null as has_integrated_company
    from hello_worlds
    inner join sign_ups
        on hello_worlds.developer_id = sign_ups.developer_id
    inner join developers
        on hello_worlds.developer_id = developers.developer_id
    left join companies
        on developers.company_id = companies.company_id
    left join pioneers
        on developers.company_id = pioneers.company_id
    left join failed_attempts
        on hello_worlds.developer_id = failed_attempts.developer_id
    where hello_worlds.stuck_from < hello_worlds.watermark_at

)

select
    cast(
        row_number() over (
            order by
                {{ largest_companies_first('company_size_band') }},
                case when has_integrated_company then 1 else 0 end,
                case last_step
                    when 'first_request' then 1
                    when 'first_token' then 2
                    else 3
                end,
                last_seen_at desc,
                developer_id
        ) as bigint
    ) as stake_rank,
    *
from described
