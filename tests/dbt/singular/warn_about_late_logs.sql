-- Newest landing dates of a log on which many of its rows were of weeks that had been
-- final before (definition D4).
{{ config(severity='warn', meta={'alert': 'once'}) }}

with landings as (

    select
        source,
        landed_date,
        sum(landed_rows) as landed_rows,
        sum(case when is_late then landed_rows else 0 end) as late_rows,
        row_number() over (partition by source order by landed_date desc) as place
    from {{ ref('int_log_rows_landed') }}
    group by source, landed_date

)

select
    source,
    landed_date,
    landed_rows,
    late_rows
from landings
where
    place = 1
    and late_rows > landed_rows * {{ var('max_late_rate') }}
