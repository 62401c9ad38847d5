-- Who owned each active token at its last qualified request in the week, and the
-- companies that the token, its owner and a person's override name for it (definitions
-- D10, D12).
-- One row per active token and week.
with token_weeks as (

    select * from {{ ref('int_active_token_weeks') }}

),

token_versions as (

    select * from {{ ref('int_token_versions') }}

),

developer_companies as (

    select * from {{ ref('int_developer_companies') }}

),

overrides as (

    select * from {{ ref('company_overrides') }}

),

owned as (

    select
        token_weeks.week_start,
        token_weeks.token_id,
        token_versions.developer_id,
        coalesce(token_overrides.company_id, developer_overrides.company_id)
            as manual_company_id,
        token_versions.company_id as token_company_id,
        developer_companies.company_id as developer_company_id,
        developer_companies.resolution_method as developer_method
    from token_weeks
    left join overrides as token_overrides
        on
            token_weeks.token_id = token_overrides.id
            and token_overrides.scope = 'token'
    left join token_versions
        on
            token_weeks.token_id = token_versions.token_id
            and token_weeks.last_request_at >= token_versions.valid_from
            and token_weeks.last_request_at < token_versions.valid_to
    -- The registry of tokens may name developers whom that of developers does not.
    left join overrides as developer_overrides
        on
            token_versions.developer_id = developer_overrides.id
            and developer_overrides.scope = 'developer'
    left join developer_companies
        on
            token_versions.developer_id = developer_companies.developer_id
            and token_weeks.last_request_at >= developer_companies.valid_from
            and token_weeks.last_request_at < developer_companies.valid_to

)

select * from owned
