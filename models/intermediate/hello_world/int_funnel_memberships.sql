-- Every segment that a developer's step is counted in.
-- One row per developer, step and dimension.
with steps as (

    select
        steps.*,
        {% for dimension in ttfhw_dimensions() if dimension != 'greenfield' -%}
        sign_ups.{{ dimension }},
        {% endfor -%}
        case when sign_ups.is_greenfield then 'greenfield' else 'joining' end
            as greenfield
    from {{ ref('int_funnel_steps') }} as steps
    inner join {{ ref('int_sign_ups') }} as sign_ups
        on steps.developer_id = sign_ups.developer_id

)

{% for dimension in ['all'] + ttfhw_dimensions() -%}
select
    developer_id,
    cohort_week,
    '{{ dimension }}' as dimension,
    {{ "'all'" if dimension == 'all' else dimension }} as segment,
    step,
    step_number,
    has_entered,
    reached_at,
    seconds_from_step_before
from steps
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
