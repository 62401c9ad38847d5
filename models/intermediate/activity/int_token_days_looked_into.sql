-- The days of tokens whose requests are looked into one by one, whoever asks: those on
-- which developers reached something, and on which silent companies failed. A run looks
-- into those that nobody asked for before, and into dates that it computes again.
-- One row per token, day and UTC date.
{% set built = last_build() -%}
-- depends_on: {{ ref('int_landed_dates') }}
with token_days as (

    select * from {{ ref('int_token_days') }}

),

milestones as (

    select
        token_days.token_id,
        token_days.event_date,
        token_days.activity_date
    from token_days
    inner join {{ ref('int_milestone_days') }} as milestone_days
        on
            token_days.developer_id = milestone_days.developer_id
            and token_days.activity_date = milestone_days.activity_date

),

failures as (

    select
        token_days.token_id,
        token_days.event_date,
        token_days.activity_date
    from token_days
    inner join {{ ref('int_silent_company_days') }} as failed_days
        on
            token_days.token_id = failed_days.token_id
            and token_days.activity_date = failed_days.activity_date

),

combined as (

    select * from milestones
    union all
    select * from failures

),

asked_for as (

    select distinct * from combined

){% if not built %}

select
    token_id,
    event_date,
    activity_date,
    true as is_outdated
from asked_for
{%- else %},

outdated_dates as (

    select distinct event_date
    from {{ ref('int_landed_dates') }}
    where is_outdated

),

built_days as (

    select * from {{ built.days }}

)

select
    asked_for.token_id,
    asked_for.event_date,
    asked_for.activity_date,
    outdated_dates.event_date is not null
    or built_days.token_id is null as is_outdated
from asked_for
left join outdated_dates
    on asked_for.event_date = outdated_dates.event_date
left join built_days
    on
        asked_for.token_id = built_days.token_id
        and asked_for.event_date = built_days.event_date
        and asked_for.activity_date = built_days.activity_date
{%- endif %}
