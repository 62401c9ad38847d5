-- What the program wants of its weekly numbers, and for which weeks: each target holds
-- until the metric's next one. Those of the sample are nobody's who landed files of
-- their own.
-- One row per metric and day from which its target holds.
with targets as (

    select * from {{ ref('targets') }}

),

landed as (

    select coalesce({{ any_true('is_sample') }}, false) as is_sample
    from {{ ref('stg_landing__files') }}

)

select
    targets.metric,
    targets.starts_on as start_date,
    lead(targets.starts_on) over (
        partition by targets.metric order by targets.starts_on
    ) as next_start_date,
    targets.target,
    targets.direction
from targets
cross join landed
where landed.is_sample or not targets.is_sample
