-- What each developer was like, and when (type 2). A history that starts after the
-- developer's first activity is extended back to it (definition D13).
-- One row per developer and version.
with versions as (

    select * from {{ ref('int_developer_versions') }}

),

developer_companies as (

    select * from {{ ref('int_developer_companies') }}

),

channels as (

    select * from {{ ref('int_developer_channels') }}

),

first_activity as (

    select
        developer_id,
        min(first_request_at) as first_active_at
    from {{ ref('int_token_weeks_attributed') }}
    group by developer_id

),

described as (

    select
        versions.developer_id,
        developer_companies.company_id,
        developer_companies.ultimate_parent_company_id,
        developer_companies.resolution_method,
        coalesce(channels.channel, 'unknown') as channel,
        {{ segment('versions.country') }} as country,
        {{ segment('versions.role') }} as role,
        versions.is_latest as is_current,
        versions.is_first
        and coalesce(first_activity.first_active_at < versions.version_at, false)
            as is_backdated,
        case
            when not versions.is_first then versions.valid_from
            when first_activity.first_active_at < versions.version_at
                then first_activity.first_active_at
            else versions.version_at
        end as valid_from,
        versions.valid_to
    from versions
    inner join developer_companies
        on
            versions.developer_id = developer_companies.developer_id
            and versions.valid_from = developer_companies.valid_from
    left join channels
        on versions.developer_id = channels.developer_id
    left join first_activity
        on versions.developer_id = first_activity.developer_id

)

select * from described
