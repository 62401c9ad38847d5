-- Until when the logs are complete (definition D4). Never the wall clock. One row.
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
        (select min(first_accepted_at) from sources) as first_accepted_at,
        case
            when count(*) >= {{ var('required_log_sources') | length }}
                then min(last_accepted_at)
        end as watermark_at
    from required_sources

)

select * from watermark
