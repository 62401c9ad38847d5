-- The days of tokens whose requests are looked into one by one, whoever asks: those on
-- which developers reached something, and on which silent companies failed.
-- One row per token and day.
with milestones as (

    select
        token_days.token_id,
        token_days.activity_date
    from {{ ref('int_token_days') }} as token_days
    inner join {{ ref('int_milestone_days') }} as milestone_days
        on
            token_days.developer_id = milestone_days.developer_id
            and token_days.activity_date = milestone_days.activity_date

),

failures as (

    select
        token_id,
        activity_date
    from {{ ref('int_silent_company_days') }}

),

combined as (

    select * from milestones
    union all
    select * from failures

)

select distinct
    token_id,
    activity_date
from combined
