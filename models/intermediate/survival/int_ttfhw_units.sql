-- The distribution of the time to first hello world: for how long each unit was watched
-- and whether it said hello, with the segments it belongs to. A company and a token go
-- by the developer who came first.
-- One row per unit and its id.
with clocks as (

    select * from {{ ref('int_ttfhw_clocks') }}
    where is_in_distribution

),

sign_ups as (

    select * from {{ ref('int_sign_ups') }}

),

described as (

    select
        clocks.unit,
        clocks.unit_id,
        clocks.began_date,
        cast({{ month_start('clocks.began_date') }} as {{ dbt.type_string() }})
            as cohort,
        {% for dimension in ttfhw_dimensions() if dimension != 'greenfield' -%}
        coalesce(sign_ups.{{ dimension }}, 'unknown') as {{ dimension }},
        {% endfor -%}
        case
            when sign_ups.is_greenfield then 'greenfield'
            when not sign_ups.is_greenfield then 'joining'
            else 'unknown'
        end as greenfield,
        clocks.duration_seconds,
        clocks.observed_seconds,
        clocks.is_converted,
        clocks.is_left_truncated
    from clocks
    left join sign_ups
        on clocks.developer_id = sign_ups.developer_id

),

ordered as (

    select
        *,
        count(*) over (partition by unit) as units,
        count(*) over (partition by unit, cohort) as units_of_cohort,
        rank() over (partition by unit order by duration_seconds) as place
    from described

),

-- A curve of a million times is more than anybody can see or store: in a large cohort
-- (var ttfhw_exact_size) they are rounded up to a few that all segments share.
shared as (

    select
        *,
        floor(
            (place - 1)
            * cast({{ var('ttfhw_curve_points') }} as {{ type_double() }}) / units
        ) as curve_point
    from ordered

),

rounded as (

    select
        *,
        max(duration_seconds) over (partition by unit, curve_point) as rounded_seconds
    from shared

)

select
    unit,
    unit_id,
    began_date,
    cohort,
    {{ ttfhw_dimensions() | join(',\n    ') }},
    duration_seconds,
    case
        when units > {{ var('ttfhw_exact_size') }} then rounded_seconds
        else duration_seconds
    end as curve_seconds,
    case
        when units_of_cohort > {{ var('ttfhw_exact_size') }} then rounded_seconds
        else duration_seconds
    end as cohort_curve_seconds,
    observed_seconds,
    is_converted,
    is_left_truncated
from rounded
