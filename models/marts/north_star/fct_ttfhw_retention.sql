-- Whether a fast hello world leads to somebody who stays: who was active in production
-- exactly 4 and 12 calendar weeks after the week of the hello world, among those for
-- whom that week is over and has logs.
-- One row per unit and band of the time to first hello world.
{% set bands = {
    'up to 1 h': 3600, '1 h to 24 h': 86400, '1 d to 7 d': 604800, '7 d to 28 d': 2419200,
} %}
with hello_worlds as (

    select
        unit,
        unit_id,
        case
            {% for seconds in bands.values() -%}
            when duration_seconds <= {{ seconds }} then {{ loop.index }}
            {% endfor -%}
            else {{ bands | length + 1 }}
        end as band_number,
        {{ week_start(reporting_date('event_at')) }} as hello_world_week
    from {{ ref('int_ttfhw_clocks') }}
    where is_in_distribution and is_converted and unit in ('developer', 'company')

),

weeks as (

    select * from {{ ref('int_weeks') }}
    where week_status = 'final' and not is_data_gap

),

activity as (

    select * from {{ ref('int_lifecycles') }}

),

later_weeks as (

    {% for weeks_since in [4, 12] -%}
    select
        *,
        {{ weeks_since }} as weeks_since,
        cast({{ days_after('hello_world_week', 7 * weeks_since) }} as date)
            as later_week
    from hello_worlds
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}

),

watched as (

    select
        later_weeks.unit,
        later_weeks.band_number,
        later_weeks.weeks_since,
        case when weeks.week_start is not null then 1 else 0 end as mature,
        case when activity.unit_id is not null then 1 else 0 end as active
    from later_weeks
    left join weeks
        on later_weeks.later_week = weeks.week_start
    left join activity
        on
            weeks.week_start = activity.week_start
            and later_weeks.unit = activity.grain
            and later_weeks.unit_id = activity.unit_id

),

counted as (

    select
        unit,
        band_number,
        sum(case when weeks_since = 4 then 1 else 0 end) as n,
        sum(case when weeks_since = 4 then mature else 0 end) as n_week_4,
        sum(case when weeks_since = 4 then active else 0 end) as active_week_4,
        sum(case when weeks_since = 12 then mature else 0 end) as n_week_12,
        sum(case when weeks_since = 12 then active else 0 end) as active_week_12
    from watched
    group by unit, band_number

)

select
    unit,
    case band_number
        {% for band in bands -%}
        when {{ loop.index }} then '{{ band }}'
        {% endfor -%}
        else 'over 28 d'
    end as ttfhw_band,
    cast(band_number as bigint) as band_number,
    cast(n as bigint) as n,
    cast(n_week_4 as bigint) as n_week_4,
    cast(active_week_4 as bigint) as active_week_4,
    active_week_4 / nullif(cast(n_week_4 as {{ type_double() }}), 0)
        as active_week_4_rate,
    cast(n_week_12 as bigint) as n_week_12,
    cast(active_week_12 as bigint) as active_week_12,
    active_week_12 / nullif(cast(n_week_12 as {{ type_double() }}), 0)
        as active_week_12_rate,
    n < {{ var('small_sample_size') }} as is_small_sample
from counted
