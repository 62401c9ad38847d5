-- The calendar of the facts.
-- One row per week from the first log row to the watermark, gaps included.
select
    week_start,
    week_end,
    week_starts_at,
    week_ends_at,
    described_at,
    week_status,
    is_data_gap,
    days_with_logs,
    is_sampled,
    is_left_censored
from {{ ref('int_weeks') }}
