select
    token_id,
    requested_at,
    status_code
from {{ source('api_gateway', 'api_requests') }}
