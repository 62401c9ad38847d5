-- Landing lost no row of any file.
select *
from {{ ref('stg_landing__files') }}
where rows_read <> rows_landed + rows_rejected
