-- Who is the pioneer of a company and who joins one that is there already: whether
-- somebody else of the company had said hello before the own clock started (definition
-- D16).
-- One row per developer with a company at sign-up and a clock.
with members as (

    select
        sign_ups.developer_id,
        sign_ups.company_id,
        hello_worlds.clock_start_at,
        hello_worlds.event_at
    from {{ ref('int_sign_up_companies') }} as sign_ups
    inner join {{ ref('int_hello_worlds') }} as hello_worlds
        on sign_ups.developer_id = hello_worlds.developer_id

),

ordered as (

    select
        *,
        row_number() over (
            partition by company_id
            order by
                coalesce(event_at, cast('9999-12-31' as timestamp)), developer_id
        ) as place
    from members

),

-- The first hello world of the company, and for whose own that is, the second.
firsts as (

    select
        *,
        max(case when place = 1 then event_at end) over (partition by company_id)
            as first_event_at,
        max(case when place = 2 then event_at end) over (partition by company_id)
            as second_event_at
    from ordered

)

select
    developer_id,
    not coalesce(
        case when place = 1 then second_event_at else first_event_at end
        < clock_start_at,
        false
    ) as is_greenfield
from firsts
