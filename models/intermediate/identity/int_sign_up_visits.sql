-- The visit that led to each sign-up, in the terms of web analytics: a source, a medium
-- and a campaign, of the version that was valid at the sign-up (definition D13).
-- One row per developer.
with developers as (

    select * from {{ ref('int_developers') }}

),

versions as (

    select * from {{ ref('int_developer_versions') }}

),

sign_ups as (

    select
        developers.developer_id,
        nullif(lower(trim(versions.utm_source)), '') as utm_source,
        nullif(lower(trim(versions.utm_medium)), '') as utm_medium,
        coalesce(lower(trim(versions.utm_campaign)), '') as campaign,
        nullif({{ host_of('versions.referrer') }}, '') as referring_host
    from developers
    left join versions
        on
            developers.developer_id = versions.developer_id
            and developers.signed_up_at >= versions.valid_from
            and developers.signed_up_at < versions.valid_to

),

visits as (

    select
        developer_id,
        coalesce(utm_source, referring_host, '(direct)') as source,
        case
            when utm_medium is not null then utm_medium
            when utm_source is not null then '(not set)'
            when referring_host is not null then 'referral'
            else '(none)'
        end as medium,
        campaign
    from sign_ups

)

select * from visits
