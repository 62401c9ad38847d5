-- Until when the logs are complete (definition D4). Never the wall clock.
-- One row.
with accepted_days as (

    select * from {{ ref('int_token_days') }}
    where outcome not in ('malformed', 'duplicate')

),

sources as (

    select
        source,
        min(first_requested_at) as first_accepted_at,
        max(last_requested_at) as last_accepted_at
    from accepted_days
    group by source

),

required_sources as (

    select * from sources
    {% if var('required_log_sources') %}
    where source in ('{{ var("required_log_sources") | join("', '") }}')
    {% endif %}

),

watermark as (

    select
        min(sources.first_accepted_at) as first_accepted_at,
        case
            when
                count(required_sources.source)
                >= {{ var('required_log_sources') | length }}
                then min(required_sources.last_accepted_at)
        end as watermark_at
    from sources
    left join required_sources
        on sources.source = required_sources.source

)

select * from watermark
