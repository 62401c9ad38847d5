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
        versions.utm_source,
        versions.utm_medium,
        versions.utm_campaign,
        versions.referrer
    from developers
    left join versions
        on
            developers.developer_id = versions.developer_id
            and developers.signed_up_at >= versions.valid_from
            and developers.signed_up_at < versions.valid_to

),

visits as (

    {{ with_origins('sign_ups') }}

)

select
    developer_id,
    source,
    medium,
    campaign
from visits
