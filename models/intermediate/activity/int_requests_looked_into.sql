-- Single requests of the days of which more is asked than days can tell: those that
-- failed, and of those that succeeded as many of the first as any milestone needs. The
-- second and last pass over the logs.
-- One row per such request.
{{ config(
    materialized=increments(),
    incremental_strategy='append',
    pre_hook=[
        "{{ delete_outdated_dates(ref('int_landed_dates')) }}",
        "{{ delete_days_not_asked_for(ref('int_token_days_looked_into')) }}",
    ],
    post_hook="{{ remember_build(ref('int_landed_dates'), ref('int_token_days_looked_into')) }}"
) }}
{%- set most_needed = var('nth_production_success') %}
with token_days as (

    select * from {{ ref('int_token_days_looked_into') }}
    where is_outdated

),

token_dates as (

    select distinct
        token_id,
        event_date
    from token_days

),

-- They are found before anything is asked of them: they are few.
requests as (

    select requests.*
    from {{ ref('int_requests_checked') }} as requests
    inner join token_dates
        on
            requests.token_id = token_dates.token_id
            and requests.event_date = token_dates.event_date
    where
        {{ on_outdated_dates(
            'requests.requested_at', ref('int_token_days_looked_into')
        ) }}

),

described as (

    {{ described_requests(
        'requests',
        ref('int_duplicate_requests'),
        ref('int_token_owners'),
        ref('int_endpoints'),
        ref('int_user_agents'),
        ref('int_clients')
    ) }}

),

asked_for as (

    select described.*
    from described
    inner join token_days
        on
            described.token_id = token_days.token_id
            and described.event_date = token_days.event_date
            and described.activity_date = token_days.activity_date

),

judged as (

    {{ with_outcome('asked_for', ref('int_clients'), ref('int_token_owners')) }}

),

placed as (

    select
        *,
        row_number() over (
            partition by developer_id, event_date, activity_date, outcome
            order by requested_at
        ) as place_on_day
    from judged

)

select
    token_id,
    developer_id,
    event_date,
    activity_date,
    requested_at,
    outcome,
    status_code,
    endpoint,
    sdk
from placed
where
    outcome in ('failed_authentication', 'unsuccessful')
    or outcome in ('sandbox', 'qualified') and place_on_day <= {{ most_needed }}
