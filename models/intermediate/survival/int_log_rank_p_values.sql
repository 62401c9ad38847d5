-- How likely so large a statistic is if all groups are alike: the upper tail of the
-- chi-square distribution, which for whole degrees of freedom is a sum of half as many
-- terms (Abramowitz and Stegun 26.4.4 and 26.4.5), and for odd ones the complementary
-- error function besides. Computed here, in SQL, to the last digits of a double.
-- One row per comparison of two or more groups.
with statistics as (

    select
        comparison_id,
        chi_square / 2 as half_chi_square,
        floor(degrees_of_freedom / cast(2 as {{ type_double() }})) as number_of_terms,
        degrees_of_freedom / cast(2 as {{ type_double() }})
        > floor(degrees_of_freedom / cast(2 as {{ type_double() }})) as is_odd
    from {{ ref('int_log_rank_statistics') }}

),

-- A comparison has more groups than its sum has terms: they number them.
factors as (

    select
        statistics.comparison_id,
        statistics.half_chi_square,
        statistics.is_odd,
        scores.group_number as place,
        case
            when statistics.is_odd
                then ln(statistics.half_chi_square / (scores.group_number - 0.5))
            when scores.group_number > 1
                then ln(statistics.half_chi_square / (scores.group_number - 1))
            else 0
        end as log_factor
    from statistics
    inner join {{ ref('int_log_rank_scores') }} as scores
        on
            statistics.comparison_id = scores.comparison_id
            and statistics.number_of_terms >= scores.group_number
    where statistics.half_chi_square > 0

),

products as (

    select
        *,
        sum(log_factor) over (
            partition by comparison_id
            order by place
            rows between unbounded preceding and current row
        ) as log_product
    from factors

),

-- The gamma function of one half is the square root of pi.
sums as (

    select
        comparison_id,
        sum(
            case
                when is_odd
                    then
                        exp(log_product - half_chi_square)
                        / sqrt(half_chi_square * 3.14159265358979324)
                else exp(log_product - half_chi_square)
            end
        ) as sum_of_terms
    from products
    group by comparison_id

)

select
    statistics.comparison_id,
    case
        when statistics.half_chi_square <= 0 then 1
        when statistics.is_odd
            then
                coalesce(sums.sum_of_terms, 0)
                + {{ complementary_error_function('sqrt(statistics.half_chi_square)') }}
        else sums.sum_of_terms
    end as p_value
from statistics
left join sums
    on statistics.comparison_id = sums.comparison_id
