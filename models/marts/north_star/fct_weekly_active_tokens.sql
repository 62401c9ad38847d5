-- Weekly active tokens: who used the API, whose they were, and what these were like.
-- One row per active token and week.
select * from {{ ref('int_token_weeks_described') }}
