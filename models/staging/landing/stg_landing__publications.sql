-- What was published of final weeks, and on what basis (definition D19).
-- One row per publication, metric and week.
with source as (

    select * from {{ source('landing', 'publications') }}

),

renamed as (

    select
        run_id,

        metric,
        rules_hash,

        value,
        rows_read,
        records_read,

        week_start,
        published_at

    from source

)

select * from renamed
