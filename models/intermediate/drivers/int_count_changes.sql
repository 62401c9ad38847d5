-- Counts and sums of each segment in the two weeks of a comparison, and what lies
-- between: what was won less what was lost, losses as positive numbers (definition
-- D24).
-- One row per metric, comparison, its week, dimension and segment.
with flows as (

    select * from {{ ref('int_segment_flows') }}

),

-- Nothing stays nothing: counts neither expand nor are they over other units.
sides as (

    select
        metric,
        week_start,
        comparison,
        dimension,
        segment,
        value,
        0 as previous_value,
        case when movement = 'new' then value else 0 end as new,
        case when movement = 'resurrected' then value else 0 end as resurrected,
        0 as churned,
        case
            when movement = 'switched' or segment <> previous_segment then value else 0
        end as switched_in,
        0 as switched_out,
        expanded,
        contracted,
        units,
        0 * units as previous_units
    from flows
    where segment is not null
    union all
    select
        metric,
        week_start,
        comparison,
        dimension,
        previous_segment as segment,
        0 as value,
        previous_value,
        0 as new,
        0 as resurrected,
        case when movement = 'churned' then previous_value else 0 end as churned,
        0 as switched_in,
        case
            when movement = 'switched' or segment <> previous_segment
                then previous_value
            else 0
        end as switched_out,
        0 * expanded as expanded,
        0 * contracted as contracted,
        0 * units as units,
        units as previous_units
    from flows
    where previous_segment is not null

),

summed as (

    select
        metric,
        week_start,
        comparison,
        dimension,
        segment,
        {% for column in [
            'value', 'previous_value', 'new', 'resurrected', 'churned', 'switched_in',
            'switched_out', 'expanded', 'contracted', 'units',
        ] -%}
        cast(sum({{ column }}) as bigint) as {{ column }},
        {% endfor -%}
        cast(sum(previous_units) as bigint) as previous_units
    from sides
    group by metric, week_start, comparison, dimension, segment

)

select
    *,
    {{ sum_effects('value', 'previous_value', 'units', 'previous_units') }}
from summed
