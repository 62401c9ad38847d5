-- Every segment that a unit is counted in: of all units and of those that began in its
-- month, by each dimension and without any.
-- One row per unit, its id, cohort and dimension.
with units as (

    select * from {{ ref('int_ttfhw_units') }}

)

{% for cohort, seconds in [
    ("'all'", 'curve_seconds'),
    ('cohort', 'cohort_curve_seconds'),
] -%}
{% for dimension in ['all'] + ttfhw_dimensions() -%}
select
    unit,
    unit_id,
    began_date,
    {{ cohort }} as cohort,
    '{{ dimension }}' as dimension,
    {{ "'all'" if dimension == 'all' else dimension }} as segment,
    duration_seconds,
    {{ seconds }} as curve_seconds,
    observed_seconds,
    is_converted,
    is_left_truncated
from units
{% if not loop.last %}union all
{% endif -%}
{% endfor -%}
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
