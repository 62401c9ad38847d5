-- Every number of every week as a row of its own, with the basis it stands on: what a
-- later value is compared with when it differs (definition D19).
-- One row per metric and week.
{% set metrics = weekly_metrics() %}
with weeks as (

    select * from {{ ref('fct_north_star_weekly') }}

),

outcomes as (

    select * from {{ ref('fct_request_outcomes_weekly') }}

),

record_counts as (

    select * from {{ ref('int_record_counts') }}

),

requests as (

    select
        week_start,
        sum(requests) as requests
    from outcomes
    group by week_start

),

based as (

    select
        weeks.*,
        coalesce(requests.requests, 0) as requests,
        sum(coalesce(requests.requests, 0)) over (
            order by weeks.week_start
            rows between unbounded preceding and current row
        ) as requests_until_then,
        record_counts.records
    from weeks
    cross join record_counts
    left join requests
        on weeks.week_start = requests.week_start

),

listed as (

    {% for metric, rows in metrics.items() %}
    select
        week_start,
        '{{ metric }}' as metric,
        week_status,
        cast({{ metric }} as {{ type_double() }}) as value,
        cast({{ rows }} as bigint) as rows_read,
        cast({{ 'records' if rows.startswith('requests') else 'null' }} as bigint)
            as records_read,
        '{{ rules_hash("fct_north_star_weekly") }}' as rules_hash
    from based
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from listed
