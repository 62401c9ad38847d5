-- The first request of each developer, failed or not, and the client that made it.
-- One row per developer who has called.
with ordered as (

    select
        developer_id,
        first_requested_at,
        sdk,
        language,
        client_kind,
        row_number() over (
            partition by developer_id
            order by first_requested_at, sdk, language, client_kind
        ) as place
    from {{ ref('int_token_days') }}
    where
        outcome in ('failed_authentication', 'unsuccessful', 'sandbox', 'qualified')
        and developer_id is not null

)

select
    developer_id,
    first_requested_at,
    {{ segment('sdk') }} as sdk,
    language,
    client_kind
from ordered
where place = 1
