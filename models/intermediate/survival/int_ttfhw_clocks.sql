-- The clocks of the three units that can say hello (definition D16): a developer; a
-- company, from the first sign-up of one of its developers to the first hello world of
-- one of them; a token, from its creation to its first success.
-- One row per unit and its id.
with developers as (

    select
        'developer' as unit,
        hello_worlds.developer_id as unit_id,
        hello_worlds.developer_id,
        companies.company_id,
        hello_worlds.signed_up_at as began_at,
        hello_worlds.clock_start_at,
        hello_worlds.event_at,
        hello_worlds.censoring_deletion_at,
        hello_worlds.is_left_truncated,
        hello_worlds.watermark_at
    from {{ ref('int_hello_worlds') }} as hello_worlds
    left join {{ ref('int_sign_up_companies') }} as companies
        on hello_worlds.developer_id = companies.developer_id

),

members as (

    select
        *,
        row_number() over (
            partition by company_id order by began_at, developer_id
        ) as place
    from developers
    where company_id is not null and clock_start_at <= watermark_at

),

companies as (

    select
        'company' as unit,
        company_id as unit_id,
        max(case when place = 1 then developer_id end) as developer_id,
        company_id,
        min(began_at) as began_at,
        min(clock_start_at) as clock_start_at,
        min(event_at) as event_at,
        -- A company leaves with the last of its developers.
        case
            when min(event_at) is null and count(censoring_deletion_at) = count(*)
                then max(censoring_deletion_at)
        end as censoring_deletion_at,
        max(case when place = 1 and is_left_truncated then 1 else 0 end) = 1
            as is_left_truncated,
        max(watermark_at) as watermark_at
    from members
    group by company_id

),

first_successes as (

    select
        token_days.token_id,
        min(token_days.first_requested_at) as first_success_at
    from {{ ref('int_token_days') }} as token_days
    cross join {{ ref('int_watermark') }} as watermark
    where
        token_days.outcome in ('qualified', 'sandbox')
        and token_days.first_requested_at <= watermark.watermark_at
    group by token_days.token_id

),

tokens as (

    select
        'token' as unit,
        tokens.token_id as unit_id,
        tokens.first_developer_id as developer_id,
        cast(null as {{ dbt.type_string() }}) as company_id,
        tokens.created_at as began_at,
        tokens.created_at as clock_start_at,
        first_successes.first_success_at as event_at,
        cast(null as timestamp) as censoring_deletion_at,
        tokens.created_at < watermark.first_accepted_at as is_left_truncated,
        watermark.watermark_at
    from {{ ref('int_tokens') }} as tokens
    cross join {{ ref('int_watermark') }} as watermark
    left join first_successes
        on tokens.token_id = first_successes.token_id
    left join {{ ref('int_developers') }} as owners
        on tokens.first_developer_id = owners.developer_id
    left join {{ ref('test_tokens') }} as test_tokens
        on tokens.token_id = test_tokens.token_id
    where
        not coalesce(owners.is_internal, false)
        and test_tokens.token_id is null

),

starts as (

    select * from developers
    union all
    select * from companies
    union all
    select * from tokens

),

read as (

    {{ read_clocks('starts') }}

)

select
    *,
    {{ reporting_date('began_at') }} as began_date
from read
