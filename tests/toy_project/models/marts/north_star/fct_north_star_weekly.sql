select
    week_start,
    week_start + 6 as week_end,
    case
        when week_start + 7 <= (select watermark_at from {{ ref('int_watermark') }})
            then 'final'
        else 'open'
    end as week_status,
    false as is_data_gap,
    cast(7 as bigint) as days_with_logs,
    false as is_sampled,
    count(*) as weekly_active_tokens,
    cast(null as bigint) as weekly_active_companies,
    cast(null as bigint) as weekly_active_developers,
    cast(sum(qualified_requests) as bigint) as qualified_requests,
    cast(null as bigint) as new_sign_ups,
    cast(null as bigint) as hello_worlds,
    cast(93784 as double) as ttfhw_p50_seconds,
    cast(0.25 as double) as converted_7d_rate,
    cast(null as double) as resolved_tokens_rate
from {{ ref('fct_weekly_active_tokens') }}
group by week_start
