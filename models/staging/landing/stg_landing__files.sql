-- The ledger of landed files.
-- One row per file content.
with source as (

    select * from {{ source('landing', 'files') }}

),

renamed as (

    select
        file_hash,
        batch_id,

        source_name as source,
        table_name,
        path,
        format,

        size_bytes,
        rows_read,
        rows_landed,
        rows_rejected,
        -- Before this was counted, no format skipped lines.
        coalesce(lines_skipped, 0) as lines_skipped,

        is_sample,

        modified_at,
        first_event_at,
        last_event_at,
        landed_at

    from source

)

select * from renamed
