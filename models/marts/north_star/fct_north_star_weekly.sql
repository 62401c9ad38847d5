-- The north stars and what stands beside them, one line a week. Zero is not missing:
-- what the logs tell is NULL in a week without logs (definition D5).
-- One row per week, no gaps.
with weeks as (

    select * from {{ ref('int_weeks') }}

),

activity as (

    select * from {{ ref('int_activity_weekly') }}

),

growth as (

    select * from {{ ref('fct_growth_accounting_weekly') }}
    where grain = 'token_lineage'

),

inputs as (

    select * from {{ ref('int_inputs_weekly') }}

),

medians as (

    select * from {{ ref('int_hello_world_medians_weekly') }}

),

rates as (

    select * from {{ ref('int_hello_world_rates_weekly') }}

),

combined as (

    select
        weeks.week_start,
        weeks.week_end,
        weeks.week_status,
        weeks.is_data_gap,
        weeks.days_with_logs,
        weeks.is_sampled,
        activity.weekly_active_tokens,
        activity.weekly_active_token_lineages,
        activity.weekly_active_developers,
        activity.weekly_active_companies,
        activity.qualified_requests,
        coalesce(inputs.new_sign_ups, 0) as new_sign_ups,
        coalesce(inputs.tokens_created, 0) as tokens_created,
        coalesce(inputs.page_views, 0) as page_views,
        case when not weeks.is_data_gap then coalesce(inputs.hello_worlds, 0) end
            as hello_worlds,
        medians.ttfhw_p50_seconds,
        rates.converted_24h_rate,
        rates.converted_7d_rate,
        activity.wat_change,
        activity.wac_change,
        growth.quick_ratio,
        activity.resolved_tokens_rate
    from weeks
    left join activity
        on weeks.week_start = activity.week_start
    left join growth
        on weeks.week_start = growth.week_start
    left join inputs
        on weeks.week_start = inputs.week_start
    left join medians
        on weeks.week_start = medians.week_start
    left join rates
        on weeks.week_start = rates.week_start

)

select * from combined
