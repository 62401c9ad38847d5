-- The developers as they are now, without anything that identifies a person but an id.
-- One row per developer.
with developers as (

    select * from {{ ref('int_developers') }}

),

watermark as (

    select * from {{ ref('int_watermark') }}

),

profiles as (

    select
        profiles.github_login,
        profiles.stars,
        row_number() over (
            partition by profiles.github_login
            order by profiles.captured_at desc, profiles.stars desc
        ) as place
    from {{ ref('stg_github__profiles') }} as profiles
    cross join watermark
    where profiles.captured_at <= watermark.watermark_at

),

described as (

    select
        developers.developer_id,
        developers.company_id,
        developers.ultimate_parent_company_id,
        developers.resolution_method,
        {{ without_address('developers.country') }} as country,
        {{ without_address('developers.role') }} as role,
        {{ without_address('developers.utm_source') }} as utm_source,
        {{ without_address('developers.utm_medium') }} as utm_medium,
        {{ without_address('developers.utm_campaign') }} as utm_campaign,
        profiles.stars as github_stars,
        developers.is_internal,
        developers.signed_up_at,
        developers.first_docs_visit_at,
        developers.deleted_at
    from developers
    left join profiles
        on developers.github_login = profiles.github_login and profiles.place = 1

)

select * from described
