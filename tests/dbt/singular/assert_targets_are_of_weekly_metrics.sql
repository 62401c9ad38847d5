-- In seeds/targets.csv the metric is one of fct_weekly_values: a target of a name that is
-- misspelt would be of nothing, in silence.
select
    metric,
    starts_on
from {{ ref('targets') }}
where metric not in ('{{ weekly_metrics() | join("', '") }}')
