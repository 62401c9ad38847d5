-- Who to call: companies that were active and have fallen silent, what they met last,
-- and what is at stake. First come the largest, then those that were active for most
-- weeks and with most requests.
-- One row per silent company.
with silent_companies as (

    select * from {{ ref('int_silent_companies') }}

),

failures as (

    select * from {{ ref('int_silent_company_failures') }}

),

companies as (

    select * from {{ ref('dim_companies') }}

),

described as (

    select
        silent_companies.company_id,
        companies.company_name,
        companies.ultimate_parent_company_id,
        companies.company_size_band,
        companies.industry,
        companies.plan,
        companies.country,
        silent_companies.last_active_week,
        silent_companies.last_success_at as silent_since,
        silent_companies.silent_weeks,
        silent_companies.active_weeks,
        silent_companies.active_tokens,
        silent_companies.active_developers,
        silent_companies.usual_weekly_requests,
        failures.last_failed_status_code as last_error_status_code,
        {{ without_address('failures.last_failed_endpoint') }} as last_error_endpoint,
        failures.last_failed_at as last_error_at,
        coalesce(failures.errors_since_last_success, 0) as errors_since_last_success
    from silent_companies
    inner join companies
        on silent_companies.company_id = companies.company_id
    left join failures
        on silent_companies.company_id = failures.company_id

)

select
    cast(
        row_number() over (
            order by
                {{ largest_companies_first('company_size_band') }},
                active_weeks desc,
                usual_weekly_requests desc,
                company_id
        ) as bigint
    ) as stake_rank,
    *
from described
