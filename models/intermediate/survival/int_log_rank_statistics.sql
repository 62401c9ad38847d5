-- The statistic of each log-rank test: the scores of all groups but the last, which
-- follows from them, weighed by the inverse of their covariances.
-- One row per comparison of two or more groups.
with scores as (

    select * from {{ ref('int_log_rank_scores') }}

),

covariances as (

    select * from {{ ref('int_log_rank_covariances') }}

),

entries as (

    select
        scores.comparison_id,
        scores.group_number as row_place,
        others.group_number as column_place,
        coalesce(covariances.covariance, 0) as entry
    from scores
    inner join scores as others
        on
            scores.comparison_id = others.comparison_id
            and others.group_number < others.number_of_groups
    left join covariances
        on
            scores.comparison_id = covariances.comparison_id
            and scores.group_name = covariances.group_name
            and others.group_name = covariances.other_group_name
    where scores.group_number < scores.number_of_groups
    union all
    select
        comparison_id,
        group_number as row_place,
        number_of_groups as column_place,
        observed - expected as entry
    from scores
    where group_number < number_of_groups

),

matrix_rows as (

    select
        comparison_id,
        row_place,
        {{ ordered_list('entry', 'column_place') }} as entries
    from entries
    group by comparison_id, row_place

),

matrices as (

    select
        comparison_id,
        count(*) as degrees_of_freedom,
        {{ ordered_list('entries', 'row_place') }} as matrix_rows
    from matrix_rows
    group by comparison_id

)

select
    comparison_id,
    cast(degrees_of_freedom as bigint) as degrees_of_freedom,
    -- sqlfluff does not know lambda expressions of two names.
    {{ quadratic_form('matrix_rows') }} as chi_square  -- noqa: PRS
from matrices
