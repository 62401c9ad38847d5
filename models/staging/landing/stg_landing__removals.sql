-- Rows that were taken out of raw/ after they had landed.
-- One row per file, UTC event date, reason and removal.
with source as (

    select * from {{ source('landing', 'removals') }}

),

renamed as (

    select
        file_hash,

        source_name as source,
        table_name,
        path,
        reason,

        rows_removed,
        rejects_removed,

        event_date,
        removed_at

    from source

)

select * from renamed
