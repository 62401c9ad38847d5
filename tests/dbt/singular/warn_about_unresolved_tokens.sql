-- The latest final week, where few of its active tokens lead to a company (definition
-- D11).
{{ config(severity='warn', meta={'alert': 'once'}) }}

with weeks as (

    select
        week_start,
        weekly_active_tokens,
        resolved_tokens_rate,
        row_number() over (order by week_start desc) as place
    from {{ ref('fct_north_star_weekly') }}
    where week_status = 'final'

)

select
    week_start,
    weekly_active_tokens,
    resolved_tokens_rate
from weeks
where
    place = 1
    and resolved_tokens_rate < {{ var('least_resolved_rate') }}
