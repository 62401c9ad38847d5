-- The tokens of silent companies: each of a lineage whose last active token was the
-- company's, so that a new key which never worked is among them.
-- One row per token of a silent company.
with companies as (

    select * from {{ ref('int_silent_companies') }}

),

lineages as (

    select * from {{ ref('int_token_lineages') }}

),

placed as (

    select
        token_id,
        token_lineage_id,
        company_id,
        row_number() over (
            partition by token_lineage_id order by last_request_at desc, token_id desc
        ) as place_from_the_end
    from {{ ref('int_token_weeks_attributed') }}

),

last_owned as (

    select
        placed.token_lineage_id,
        companies.company_id,
        companies.last_success_at
    from placed
    inner join companies
        on placed.company_id = companies.company_id
    where placed.place_from_the_end = 1

),

used as (

    select distinct token_id
    from {{ ref('int_token_days') }}
    where token_id is not null

)

select
    used.token_id,
    last_owned.company_id,
    last_owned.last_success_at
from used
left join lineages
    on used.token_id = lineages.token_id
inner join last_owned
    on
        coalesce(lineages.token_lineage_id, used.token_id)
        = last_owned.token_lineage_id
