-- The clients that the lists tell apart, and the one of whom nothing is known. The logs
-- are grouped by their numbers: a number costs less than three names.
-- One row per client.
with combined as (

    select
        sdk,
        language,
        client_kind,
        is_monitor,
        is_bot
    from {{ ref('int_user_agents') }}
    union all
    select
        'unknown' as sdk,
        'unknown' as language,
        'unknown' as client_kind,
        false as is_monitor,
        false as is_bot

),

clients as (

    select distinct * from combined

)

select
    case
        when
            sdk = 'unknown'
            and language = 'unknown'
            and client_kind = 'unknown'
            and not is_monitor
            and not is_bot
            then 0
        else
            cast(
                row_number() over (
                    order by sdk, language, client_kind, is_monitor, is_bot
                ) as bigint
            )
    end as client_number,
    sdk,
    language,
    client_kind,
    is_monitor,
    is_bot
from clients
