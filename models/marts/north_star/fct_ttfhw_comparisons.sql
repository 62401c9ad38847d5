-- Whether the time to first hello world differs, by the log-rank test: between the
-- segments of a dimension, and between who began before and after an event of the
-- program. A small p-value says that chance alone would rarely do that; of many
-- comparisons some are small by chance, which the adjusted one allows for (Holm,
-- Scand. J. Statist. 6, 1979).
-- One row per comparison, unit, cohort, dimension, segment and event.
with comparisons as (

    select * from {{ ref('int_comparisons') }}

),

statistics as (

    select * from {{ ref('int_log_rank_statistics') }}

),

p_values as (

    select * from {{ ref('int_log_rank_p_values') }}

),

tested as (

    select
        comparisons.*,
        statistics.chi_square,
        statistics.degrees_of_freedom,
        p_values.p_value
    from comparisons
    left join statistics
        on comparisons.comparison_id = statistics.comparison_id
    left join p_values
        on comparisons.comparison_id = p_values.comparison_id

),

-- The smallest p-value of a family is held against all of it, the next against the
-- rest.
weighed as (

    select
        *,
        p_value * (
            count(p_value) over (partition by comparison, unit, cohort, event_id)
            + 1
            - row_number() over (
                partition by comparison, unit, cohort, event_id
                order by coalesce(p_value, 2), dimension, segment
            )
        ) as weighed_p_value
    from tested

),

adjusted as (

    select
        *,
        max(weighed_p_value) over (
            partition by comparison, unit, cohort, event_id
            order by coalesce(p_value, 2), dimension, segment
            rows between unbounded preceding and current row
        ) as largest_weighed_p_value
    from weighed

)

select
    comparison,
    unit,
    cohort,
    dimension,
    segment,
    nullif(event_id, '') as event_id,
    number_of_groups,
    n,
    converted,
    n_after,
    converted_after,
    expected_after,
    chi_square,
    degrees_of_freedom,
    p_value,
    case
        when p_value is null then null
        when largest_weighed_p_value < 1 then largest_weighed_p_value
        else 1
    end as p_value_adjusted,
    number_of_groups < 2
    or smallest_n < {{ var('small_sample_size') }} as is_small_sample
from adjusted
