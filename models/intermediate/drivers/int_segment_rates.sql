-- What the weekly rates are made of in each segment: the active tokens of active
-- companies, and those who said hello within a week of those who were watched for one.
-- Which client they chose is known of who had called by the end of the week; later
-- calls do not move it, so that weeks can be compared.
-- One row per rate, week, dimension and segment.
{% set of_companies = driver_dimensions(of='company') + ['cohort_age'] %}
{% set of_calls = ['sdk', 'language', 'client_kind'] %}
{% set of_sign_ups = ttfhw_dimensions()
    | reject('in', of_calls + ['greenfield']) | list %}
with companies as (

    select * from {{ ref('int_unit_weeks') }}
    where grain = 'company'

),

observations as (

    select * from {{ ref('int_hello_world_windows') }}
    where observed_seconds >= 604800

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

sign_ups as (

    select * from {{ ref('int_sign_ups') }}

),

first_requests as (

    select * from {{ ref('int_first_requests') }}

),

watched as (

    select
        observations.week_start,
        {% for dimension in of_sign_ups -%}
        sign_ups.{{ dimension }},
        {% endfor -%}
        {% for dimension in of_calls -%}
        coalesce(first_requests.{{ dimension }}, 'unknown') as {{ dimension }},
        {% endfor -%}
        case
            when
                observations.is_converted and observations.duration_seconds <= 604800
                then 1
            else 0
        end as is_converted
    from observations
    inner join weeks
        on observations.week_start = weeks.week_start
    inner join sign_ups
        on observations.developer_id = sign_ups.developer_id
    left join first_requests
        on
            observations.developer_id = first_requests.developer_id
            and weeks.described_at >= first_requests.first_requested_at

),

segmented as (

    {% for dimension in ['all'] + of_companies -%}
    select
        'tokens_per_company' as metric,
        week_start,
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as segment,
        amount as numerator
    from companies
    union all
    {% endfor -%}
    {% for dimension in ['all'] + of_sign_ups + of_calls -%}
    select
        'converted_7d_rate' as metric,
        week_start,
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as segment,
        is_converted as numerator
    from watched
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}

)

select
    metric,
    week_start,
    dimension,
    segment,
    cast(sum(numerator) as bigint) as numerator,
    cast(count(*) as bigint) as denominator
from segmented
group by metric, week_start, dimension, segment
