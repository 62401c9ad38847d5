-- The clients that the lists tell apart, and the one of whom nothing is known. The logs
-- are grouped by their numbers: a number costs less than three names.
-- One row per client.
with clients as (

    select
        sdk,
        language,
        client_kind
    from {{ ref('int_user_agents') }}
    union
    select
        'unknown' as sdk,
        'unknown' as language,
        'unknown' as client_kind

)

select
    case
        when sdk = 'unknown' and language = 'unknown' and client_kind = 'unknown' then 0
        else cast(row_number() over (order by sdk, language, client_kind) as bigint)
    end as client_number,
    sdk,
    language,
    client_kind
from clients
