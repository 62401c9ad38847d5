-- Qualified requests are among the successful ones, and those among the attempted.
select *
from {{ ref('fct_weekly_active_tokens') }}
where
    qualified_requests < {{ var('min_qualified_requests') }}
    or qualified_requests > successful_requests
    or successful_requests > attempted_requests
    or active_days not between 1 and 7
    or first_request_at > last_request_at
