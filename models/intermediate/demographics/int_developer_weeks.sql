-- What each active developer was like at the end of the week (or at the watermark), and
-- what they are like now; the channel is that of the sign-up (definition D13).
-- One row per developer and week in which they own an active token.
with developer_weeks as (

    select distinct
        week_start,
        developer_id
    from {{ ref('int_token_weeks_attributed') }}
    where developer_id is not null

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

versions as (

    select * from {{ ref('int_developer_versions') }}

),

github_stars as (

    select * from {{ ref('int_github_stars') }}

),

channels as (

    select * from {{ ref('int_developer_channels') }}

),

{% if custom_fields('contact') -%}
contacts as (

    select * from {{ ref('int_contact_companies') }}

),

contact_versions as (

    select * from {{ ref('int_contact_versions') }}

),

{% endif -%}

described as (

    select
        developer_weeks.week_start,
        developer_weeks.developer_id,
        coalesce(channels.channel, 'unknown') as channel,
        {{ segment('as_of.country') }} as country,
        {{ github_stars_band('stars_as_of.stars') }} as github_stars_band,
        {% for field in custom_fields('contact') -%}
        {{ custom_segment('contact_as_of.' ~ field.alias, field.type) }} as {{ field.alias }},
        {{ custom_segment('contact_now.' ~ field.alias, field.type) }}
            as {{ field.alias }}_current,
        {% endfor -%}
        {{ segment('latest.country') }} as country_current,
        {{ github_stars_band('stars_now.stars') }} as github_stars_band_current
    from developer_weeks
    inner join weeks
        on developer_weeks.week_start = weeks.week_start
    left join channels
        on developer_weeks.developer_id = channels.developer_id
    left join versions as as_of
        on
            developer_weeks.developer_id = as_of.developer_id
            and weeks.described_at >= as_of.valid_from
            and weeks.described_at < as_of.valid_to
    left join github_stars as stars_as_of
        on
            as_of.github_login = stars_as_of.github_login
            and weeks.described_at >= stars_as_of.valid_from
            and weeks.described_at < stars_as_of.valid_to
    left join versions as latest
        on
            developer_weeks.developer_id = latest.developer_id
            and latest.is_latest
    left join github_stars as stars_now
        on
            latest.github_login = stars_now.github_login
            and stars_now.is_latest
    {% if custom_fields('contact') -%}
    left join contacts
        on as_of.email = contacts.email
    left join contact_versions as contact_as_of
        on
            contacts.contact_id = contact_as_of.contact_id
            and weeks.described_at >= contact_as_of.valid_from
            and weeks.described_at < contact_as_of.valid_to
    left join contacts as contacts_now
        on latest.email = contacts_now.email
    left join contact_versions as contact_now
        on
            contacts_now.contact_id = contact_now.contact_id
            and contact_now.is_latest
    {% endif %}
)

select * from described
