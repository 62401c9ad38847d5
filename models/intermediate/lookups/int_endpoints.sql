-- What the seed endpoint_kinds says of each endpoint; a log without route templates is
-- judged by its paths.
-- One row per endpoint.
with endpoints as (

    select distinct coalesce(endpoint, path) as endpoint
    from {{ ref('int_requests_unioned') }}
    where coalesce(endpoint, path) is not null

),

endpoint_kinds as (

    select * from {{ ref('endpoint_kinds') }}

),

matched as (

    select
        endpoints.endpoint,
        coalesce(bool_or(endpoint_kinds.kind = 'health'), false) as is_health_endpoint,
        coalesce(bool_or(endpoint_kinds.kind = 'docs'), false) as is_docs_endpoint
    from endpoints
    left join endpoint_kinds
        on lower(endpoints.endpoint) like endpoint_kinds.pattern
    group by endpoints.endpoint

)

select * from matched
