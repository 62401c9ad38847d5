-- The distinct counts over active tokens, and their change against the week before that
-- is not a gap, for final weeks (definitions D4, D5).
-- One row per week that is not a gap.
with weeks as (

    select * from {{ ref('int_weeks') }}
    where not is_data_gap

),

token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}

),

counted as (

    select
        weeks.week_start,
        weeks.week_status,
        cast(count(token_weeks.token_id) as bigint) as weekly_active_tokens,
        cast(count(distinct token_weeks.token_lineage_id) as bigint)
            as weekly_active_token_lineages,
        cast(count(distinct token_weeks.developer_id) as bigint)
            as weekly_active_developers,
        cast(count(distinct token_weeks.company_id) as bigint)
            as weekly_active_companies,
        cast(count(token_weeks.company_id) as bigint) as resolved_tokens,
        cast(coalesce(sum(token_weeks.qualified_requests), 0) as bigint)
            as qualified_requests
    from weeks
    left join token_weeks
        on weeks.week_start = token_weeks.week_start
    group by weeks.week_start, weeks.week_status

),

preceded as (

    select
        *,
        lag(weekly_active_tokens) over (order by week_start) as previous_tokens,
        lag(weekly_active_companies) over (order by week_start) as previous_companies
    from counted

),

compared as (

    select
        week_start,
        weekly_active_tokens,
        weekly_active_token_lineages,
        weekly_active_developers,
        weekly_active_companies,
        qualified_requests,
        cast(resolved_tokens as {{ type_double() }}) / nullif(weekly_active_tokens, 0)
            as resolved_tokens_rate,
        case when week_status = 'final' then weekly_active_tokens - previous_tokens end
            as wat_change,
        case
            when week_status = 'final' then weekly_active_companies - previous_companies
        end as wac_change
    from preceded

)

select * from compared
