-- The rows of each log are those that the ledger says were landed, less those that it
-- says were removed, file by file. Of tables in a lake nobody keeps a ledger.
{% set enabled_sources = landed_log_sources() %}
{% set quoted_sources = "'" ~ enabled_sources | join("', '") ~ "'" %}
with logged as (

    {% for log_source in enabled_sources %}
    select
        file_hash,
        count(*) as raw_rows
    from {{ ref('stg_' ~ log_source ~ '__api_requests') }}
    group by file_hash
    union all
    {% endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as file_hash,
        0 as raw_rows

),

landed as (

    select
        file_hash,
        max(landed_at) as landed_at,
        sum(rows_landed) as rows_landed
    from {{ ref('stg_landing__file_dates') }}
    where source in ({{ quoted_sources }})
    group by file_hash

),

removed as (

    select
        landed.file_hash,
        sum(removals.rows_removed) as rows_removed
    from landed
    inner join {{ ref('stg_landing__removals') }} as removals
        on
            landed.file_hash = removals.file_hash
            -- A file that was withdrawn may have been landed anew since.
            and landed.landed_at < removals.removed_at
    group by landed.file_hash

),

expected as (

    select
        landed.file_hash,
        landed.rows_landed - coalesce(removed.rows_removed, 0) as raw_rows
    from landed
    left join removed
        on landed.file_hash = removed.file_hash

)

select
    coalesce(logged.file_hash, expected.file_hash) as file_hash,
    logged.raw_rows,
    expected.raw_rows as rows_by_the_ledger
from logged
full outer join expected
    on logged.file_hash = expected.file_hash
where coalesce(logged.raw_rows, 0) <> coalesce(expected.raw_rows, 0)
