-- The shares that said hello within a day and a week, among those who were watched for
-- at least that long (definition D17).
-- One row per week that has sign-ups in its window.
with observations as (

    select * from {{ ref('int_hello_world_windows') }}

),

rates as (

    select
        week_start,
        avg(cast(case
            when observed_seconds < 86400 then null
            when is_converted and duration_seconds <= 86400 then 1
            else 0
        end as {{ type_double() }})) as converted_24h_rate,
        avg(cast(case
            when observed_seconds < 604800 then null
            when is_converted and duration_seconds <= 604800 then 1
            else 0
        end as {{ type_double() }})) as converted_7d_rate
    from observations
    group by week_start

)

select * from rates
