-- Contributions in the order of what they explain, as "Adtributor: Revenue Debugging
-- in Advertising Systems" has it (R. Bhagwan et al., NSDI 2014): in each dimension the
-- most surprising segments that explain a part of the change, until most of it is
-- explained; dimensions by how surprising these are together.
-- One row per metric, comparison, its week, dimension and segment.
{% set within_dimension = 'partition by metric, week_start, comparison, dimension' %}
with contributions as (

    select * from {{ ref('int_contributions') }}

),

explained as (

    select
        *,
        share_of_change >= {{ var('least_explained_share') }} as is_candidate,
        sum(
            case
                when share_of_change >= {{ var('least_explained_share') }}
                    then share_of_change
                else 0
            end
        ) over (
            {{ within_dimension }}
            order by surprise desc, segment asc
            rows between unbounded preceding and 1 preceding
        ) as explained_before
    from contributions

),

judged as (

    select
        *,
        dimension <> 'all'
        and coalesce(is_candidate, false)
        and coalesce(explained_before, 0) < {{ var('explained_share') }}
            as is_explaining
    from explained

),

-- Sums differ in their last bits with the order they are taken in.
weighed as (

    select
        *,
        round(
            sum(case when is_explaining then surprise else 0 end) over (
                {{ within_dimension }}
            ), 11
        ) as surprise_of_dimension
    from judged

),

placed as (

    select
        *,
        dense_rank() over (
            partition by metric, week_start, comparison
            order by
                case when dimension = 'all' then 1 else 0 end asc,
                surprise_of_dimension desc,
                dimension asc
        ) as dimension_rank
    from weighed

),

ranked as (

    select
        *,
        row_number() over (
            partition by metric, week_start, comparison
            order by
                dimension_rank asc,
                case when is_explaining then 0 else 1 end asc,
                surprise desc,
                segment asc
        ) as rank
    from placed

)

select * from ranked
