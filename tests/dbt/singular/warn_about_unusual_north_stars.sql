-- North stars that in the latest final week have changed by more than they usually do.
{{ config(severity='warn', meta={'alert': 'each_week'}) }}

with latest as (

    select max(week_start) as week_start
    from {{ ref('dim_weeks') }}
    where week_status = 'final'

)

select
    changes.week_start,
    changes.metric,
    changes.previous_value,
    changes.value,
    changes.usual_low,
    changes.usual_high
from {{ ref('fct_north_star_changes_weekly') }} as changes
inner join latest
    on changes.week_start = latest.week_start
where
    changes.comparison = 'week'
    and changes.metric in (
        'weekly_active_tokens', 'weekly_active_companies', 'converted_7d_rate'
    )
    and not changes.is_within_noise
