-- A week without logs has no activity to report, not even 0 (definition D5).
select *
from {{ ref('fct_north_star_weekly') }}
where
    is_data_gap
    and (
        days_with_logs > 0
        or weekly_active_tokens is not null
        or weekly_active_token_lineages is not null
        or weekly_active_developers is not null
        or weekly_active_companies is not null
        or qualified_requests is not null
        or hello_worlds is not null
        or wat_change is not null
        or wac_change is not null
        or quick_ratio is not null
        or resolved_tokens_rate is not null
        or is_sampled
    )
