-- What the seed endpoint_kinds says of each endpoint; a log without route templates is
-- judged by its paths. A program that lists endpoints of kind hello_world takes only
-- those for a hello world, one that does not takes any but health checks and
-- documentation (definition D15).
-- One row per endpoint.
{{ config(materialized=increments(), incremental_strategy='append') }}
with endpoints as (

    select distinct coalesce(endpoint, path, '') as endpoint
    from {{ ref('int_requests_unioned') }}
    where
        {{ on_outdated_dates('requested_at', ref('int_landed_dates')) }}
        and {{ not_there_yet('coalesce(endpoint, path, \'\')', 'endpoint') }}

),

endpoint_kinds as (

    select * from {{ ref('endpoint_kinds') }}

),

choices as (

    select count(*) > 0 as has_hello_world_list
    from endpoint_kinds
    where kind = 'hello_world'

),

matched as (

    select
        endpoints.endpoint,
        coalesce({{ any_true("endpoint_kinds.kind = 'health'") }}, false)
            as is_health_endpoint,
        coalesce({{ any_true("endpoint_kinds.kind = 'docs'") }}, false)
            as is_docs_endpoint,
        coalesce({{ any_true("endpoint_kinds.kind = 'hello_world'") }}, false)
            as is_listed
    from endpoints
    left join endpoint_kinds
        on lower(endpoints.endpoint) like endpoint_kinds.pattern
    group by endpoints.endpoint

),

judged as (

    select
        matched.endpoint,
        matched.is_health_endpoint,
        case
            when choices.has_hello_world_list then matched.is_listed
            else not (matched.is_health_endpoint or matched.is_docs_endpoint)
        end as is_hello_world_endpoint
    from matched
    cross join choices

)

select * from judged
