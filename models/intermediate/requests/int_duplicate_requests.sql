-- The rows that are no request of their own: the same request has an earlier one
-- (definition D20). Landing has listed the rows that share an id or their content, so
-- that nobody has to look through all of them.
-- One row per duplicate row.
{{ config(
    materialized=increments(),
    incremental_strategy='append',
    pre_hook="{{ delete_outdated_dates(ref('int_landed_dates')) }}"
) }}
with repeats as (

    select
        *,
        event_at as requested_at,
        -- A log without a status is given one that can be true.
        {{ is_malformed_request('event_at', 'coalesce(status_code, 200)') }}
            as is_malformed
    from {{ ref('stg_landing__repeats') }}
    where {{ on_outdated_dates('event_date', ref('int_landed_dates')) }}

),

placed as (

    {{ places_among_duplicates('repeats') }}

)

select
    file_hash,
    file_row_number,
    event_date
from placed
where place_among_duplicates > 1
