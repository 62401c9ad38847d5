-- The event dates that each landed file touched: what increments are driven by.
-- One row per file and UTC date, for logs.
with source as (

    select * from {{ source('landing', 'file_dates') }}

),

renamed as (

    select
        file_hash,

        source_name as source,
        table_name,

        rows_landed,

        event_date,
        landed_at

    from source

)

select * from renamed
