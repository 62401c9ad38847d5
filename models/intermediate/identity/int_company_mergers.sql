-- Which company each record of the CRMs lives on in: mergers followed to their end, by
-- the latest versions and for the whole history (definition D11), from one CRM to
-- another where several know the company. Loops are refused: who is in one, or leads
-- into one, stays on its own.
-- One row per record of a company.
with recursive records as (

    select * from {{ ref('int_company_records') }}
    where is_latest

),

counterparts as (

    select * from {{ ref('int_company_counterparts') }}

),

mergers as (

    select
        records.company_id as id,
        nullif(
            coalesce(records.merged_into_company_id, counterparts.leading_company_id),
            records.company_id
        ) as next_id
    from records
    left join counterparts
        on records.company_id = counterparts.company_id

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
