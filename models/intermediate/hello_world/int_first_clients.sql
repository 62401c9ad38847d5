-- The client that each developer began with. It is known of who calls and of nobody
-- else, so everybody has the same time to call (var sdk_window_days): else the fastest
-- of the last weeks would be all that is known of them.
-- One row per developer who called in that time, once it is over.
with first_requests as (

    select * from {{ ref('int_first_requests') }}

),

hello_worlds as (

    select
        *,
        {{ days_after('signed_up_at', var('sdk_window_days')) }} as window_ends_at
    from {{ ref('int_hello_worlds') }}

)

select
    first_requests.developer_id,
    first_requests.sdk,
    first_requests.language,
    first_requests.client_kind
from first_requests
inner join hello_worlds
    on
        first_requests.developer_id = hello_worlds.developer_id
        and first_requests.first_requested_at < hello_worlds.window_ends_at
        and hello_worlds.window_ends_at <= hello_worlds.watermark_at
