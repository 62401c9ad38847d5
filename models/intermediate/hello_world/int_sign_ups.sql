-- Who each developer was at the sign-up: the segments that the time to first hello
-- world is broken down by. None of them depends on how that ended (definitions D13,
-- D16).
-- One row per developer who is not internal.
with developers as (

    select * from {{ ref('int_developers') }}
    where not is_internal

),

versions as (

    select * from {{ ref('int_developer_versions') }}

),

companies as (

    select * from {{ ref('int_sign_up_companies') }}

),

company_versions as (

    select * from {{ ref('int_company_versions') }}

),

github_stars as (

    select * from {{ ref('int_github_stars') }}

),

channels as (

    select * from {{ ref('int_developer_channels') }}

),

clients as (

    select * from {{ ref('int_first_clients') }}

),

greenfield as (

    select * from {{ ref('int_greenfield_developers') }}

),

described as (

    select
        developers.developer_id,
        developers.signed_up_at,
        companies.company_id,
        companies.ultimate_parent_company_id,
        coalesce(channels.channel, 'unknown') as channel,
        {{ company_size_band('company_versions.employee_count') }} as company_size_band,
        {{ segment('company_versions.industry') }} as industry,
        {{ segment('company_versions.plan') }} as plan,
        {{ segment('versions.country') }} as country,
        {{ github_stars_band('github_stars.stars') }} as github_stars_band,
        coalesce(clients.sdk, 'unknown') as sdk,
        coalesce(clients.language, 'unknown') as language,
        coalesce(clients.client_kind, 'unknown') as client_kind,
        -- Nobody is known to have been there before a person without a company.
        coalesce(greenfield.is_greenfield, true) as is_greenfield
    from developers
    left join versions
        on
            developers.developer_id = versions.developer_id
            and developers.signed_up_at >= versions.valid_from
            and developers.signed_up_at < versions.valid_to
    left join companies
        on developers.developer_id = companies.developer_id
    left join company_versions
        on
            companies.company_id = company_versions.company_id
            and developers.signed_up_at >= company_versions.valid_from
            and developers.signed_up_at < company_versions.valid_to
    left join github_stars
        on
            versions.github_login = github_stars.github_login
            and developers.signed_up_at >= github_stars.valid_from
            and developers.signed_up_at < github_stars.valid_to
    left join channels
        on developers.developer_id = channels.developer_id
    left join clients
        on developers.developer_id = clients.developer_id
    left join greenfield
        on developers.developer_id = greenfield.developer_id

)

select * from described
