-- Every raw row of a log has exactly one outcome: landed rows and rejects, per source
-- (definition D7).
{% set enabled_sources = log_sources() %}
{% set quoted_sources = "'" ~ enabled_sources | join("', '") ~ "'" %}
with delivered as (

    {% for log_source in enabled_sources %}
    select
        '{{ log_source }}' as source,
        count(*) as requests
    from {{ ref('stg_' ~ log_source ~ '__api_requests') }}
    union all
    {% endfor %}
    select
        source,
        count(*) as requests
    from {{ ref('stg_landing__rejects') }}
    where source in ({{ quoted_sources }})
    group by source

),

raw_rows as (

    select
        source,
        sum(requests) as requests
    from delivered
    group by source
    having sum(requests) > 0

),

outcomes as (

    select
        source,
        sum(requests) as requests
    from {{ ref('fct_request_outcomes_weekly') }}
    group by source

)

select
    coalesce(raw_rows.source, outcomes.source) as source,
    raw_rows.requests as raw_rows,
    outcomes.requests as rows_with_an_outcome
from raw_rows
full outer join outcomes
    on raw_rows.source = outcomes.source
where coalesce(raw_rows.requests, 0) <> coalesce(outcomes.requests, 0)
