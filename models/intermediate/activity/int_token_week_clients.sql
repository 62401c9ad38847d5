-- What each token mostly used in a week: the SDK and the API with most qualified
-- requests, the alphabet deciding between equals (definition D13).
-- One row per token and week with a qualified request.
with qualified_days as (

    select * from {{ ref('int_token_days') }}
    where outcome = 'qualified'

),

used as (

    select
        week_start,
        token_id,
        'sdk' as kind,
        sdk as name,
        requests
    from qualified_days
    union all
    select
        week_start,
        token_id,
        'api' as kind,
        api as name,
        requests
    from qualified_days

),

ranked as (

    select
        week_start,
        token_id,
        kind,
        name,
        row_number() over (
            partition by week_start, token_id, kind
            order by sum(requests) desc, name asc
        ) as place
    from used
    group by week_start, token_id, kind, name

),

mostly_used as (

    select
        week_start,
        token_id,
        max(case when kind = 'sdk' then name end) as sdk,
        max(case when kind = 'api' then name end) as api
    from ranked
    where place = 1
    group by week_start, token_id

)

select
    week_start,
    token_id,
    {{ segment('sdk') }} as sdk,
    {{ segment('api') }} as api
from mostly_used
