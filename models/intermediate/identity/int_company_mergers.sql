-- Which company each one of the CRM lives on in: mergers followed to their end, by the
-- latest versions and for the whole history (definition D11). Loops are refused: who is
-- in one, or leads into one, stays on its own.
-- One row per company of the CRM.
with recursive companies as (

    select * from {{ ref('int_company_versions') }}
    where is_latest

),

mergers as (

    select
        company_id as id,
        nullif(merged_into_company_id, company_id) as next_id
    from companies

),

{{ follow_links('mergers') }},

judged as (

    select
        mergers.id as company_id,
        mergers_ends.end_id as surviving_company_id,
        mergers_ends.end_id = mergers.id and mergers.next_id is not null
            as is_merger_refused
    from mergers
    inner join mergers_ends
        on mergers.id = mergers_ends.id

)

select * from judged
