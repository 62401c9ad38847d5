-- The one developer and company of each active token and week: those of its last qualified request in the week
-- (definitions D10, D11, D12). The ladder: an override by hand, the company on the token, then the developer's
-- own rungs. One row per active token and week.
with token_weeks as (

    select * from {{ ref('int_active_token_weeks') }}

),

token_versions as (

    select * from {{ ref('int_token_versions') }}

),

developer_versions as (

    select * from {{ ref('int_developer_versions') }}

),

overrides as (

    select * from {{ ref('company_overrides') }}
    where scope = 'token'

),

companies as (

    select * from {{ ref('int_companies') }}

),

owned as (

    select
        token_weeks.*,
        token_versions.developer_id,
        overrides.company_id as manual_company_id,
        token_versions.company_id as token_company_id,
        developer_versions.company_id as developer_company_id,
        developer_versions.resolution_method as developer_method
    from token_weeks
    left join token_versions
        on
            token_weeks.token_id = token_versions.token_id
            and token_weeks.last_request_at >= token_versions.valid_from
            and token_weeks.last_request_at < token_versions.valid_to
    left join developer_versions
        on
            token_versions.developer_id = developer_versions.developer_id
            and token_weeks.last_request_at >= developer_versions.valid_from
            and token_weeks.last_request_at < developer_versions.valid_to
    left join overrides
        on token_weeks.token_id = overrides.id

),

resolved as (

    select
        *,
        case
            when manual_company_id is not null or developer_method = 'manual'
                then 'manual'
            when token_company_id is not null then 'token'
            else coalesce(developer_method, 'unresolved')
        end as resolution_method
    from owned

),

named as (

    select
        *,
        case resolution_method
            when 'manual' then coalesce(manual_company_id, developer_company_id)
            when 'token' then token_company_id
            else developer_company_id
        end as resolved_company_id
    from resolved

)

select
    named.week_start,
    named.token_id,
    named.developer_id,
    coalesce(companies.surviving_company_id, named.resolved_company_id) as company_id,
    coalesce(companies.ultimate_parent_company_id, named.resolved_company_id)
        as ultimate_parent_company_id,
    named.resolution_method,
    named.attempted_requests,
    named.successful_requests,
    named.qualified_requests,
    named.active_days,
    named.first_request_at,
    named.last_request_at
from named
left join companies
    on named.resolved_company_id = companies.company_id
