select
    token_id,
    cast(date_trunc('week', requested_at) as date) as week_start,
    count(*) as qualified_requests
from {{ ref('stg_api_gateway__api_requests') }}
where
    status_code < 300
    and token_id not in (select token_id from {{ ref('excluded_tokens') }})
group by all
