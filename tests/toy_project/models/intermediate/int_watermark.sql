select max(requested_at) as watermark_at
from {{ ref('stg_api_gateway__api_requests') }}
