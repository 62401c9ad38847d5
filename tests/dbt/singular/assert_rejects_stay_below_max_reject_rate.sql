-- Where a landing could not read many of a table's rows, nothing is published: its
-- source has probably changed its format. Correct it, `make withdraw` the files and
-- land them again; or raise the var.
with files as (

    select * from {{ ref('stg_landing__files') }}

),

rejects as (

    select
        file_hash,
        count(*) as rows_rejected
    from {{ ref('stg_landing__rejects') }}
    where not is_forgotten
    group by file_hash

),

landings as (

    select
        files.source,
        files.table_name,
        files.batch_id,
        sum(files.rows_read) as rows_read,
        sum(coalesce(rejects.rows_rejected, 0)) as rows_rejected,
        min(case when rejects.file_hash is not null then files.path end) as first_file
    from files
    left join rejects
        on files.file_hash = rejects.file_hash
    group by
        files.source,
        files.table_name,
        files.batch_id

)

select *
from landings
where rows_rejected > rows_read * {{ var('max_reject_rate') }}
