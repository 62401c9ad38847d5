-- Rows that landing could not read.
-- One row per rejected row.
with source as (

    select * from {{ source('landing', 'rejects') }}

),

renamed as (

    select
        _file_hash as file_hash,

        source_name as source,
        table_name,
        path,
        reason,
        raw_text,

        row_number as file_row_number,

        reason = 'the person asked to be forgotten' as is_forgotten,

        _landed_at as landed_at

    from source

)

select * from renamed
