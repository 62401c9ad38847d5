-- The rows of request logs that may be duplicates or have some (definition D20): only
-- among them there is a choice to make.
-- One row per listed row of a log.
with source as (

    select * from {{ source('landing', 'repeats') }}

),

renamed as (

    select
        file_hash,
        request_id,

        source_name as source,
        table_name,
        content_hash,

        row_number as file_row_number,
        status_code,

        event_date,
        event_at,
        landed_at

    from source

)

select * from renamed
