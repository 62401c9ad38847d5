-- The developers as they are now, without anything that identifies a person but an id.
-- One row per developer.
with developers as (

    select * from {{ ref('int_developers') }}

),

channels as (

    select * from {{ ref('int_developer_channels') }}

),

github_stars as (

    select * from {{ ref('int_github_stars') }}
    where is_latest

),

described as (

    select
        developers.developer_id,
        developers.company_id,
        developers.ultimate_parent_company_id,
        developers.resolution_method,
        {{ segment('developers.country') }} as country,
        {{ segment('developers.role') }} as role,
        {{ without_address('developers.utm_source') }} as utm_source,
        {{ without_address('developers.utm_medium') }} as utm_medium,
        {{ without_address('developers.utm_campaign') }} as utm_campaign,
        coalesce(channels.channel, 'unknown') as channel,
        github_stars.stars as github_stars,
        {{ github_stars_band('github_stars.stars') }} as github_stars_band,
        developers.contact_source,
        {% for field in custom_fields('contact') -%}
        {{ custom_segment('developers.' ~ field.alias, field.type) }} as {{ field.alias }},
        {% endfor -%}
        developers.is_internal,
        developers.signed_up_at,
        developers.first_docs_visit_at,
        developers.deleted_at
    from developers
    left join channels
        on developers.developer_id = channels.developer_id
    left join github_stars
        on developers.github_login = github_stars.github_login

)

select * from described
