-- In seeds/targets.csv the metric is one of fct_weekly_values: a target of a name that
-- is misspelt would be of nothing, in silence.
select
    metric,
    starts_on
from {{ ref('targets') }}
where
    metric not in (
        {% for metric in weekly_metrics() -%}
        '{{ metric }}'{% if not loop.last %},{% endif %}
        {% endfor %}
    )
