-- Where each company of the CRM ends up: mergers followed to their end, then parents to
-- the ultimate one, by the latest versions and for the whole history (definition D11).
-- Loops are refused: who is in one, or leads into one, stays on its own.
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

-- A parent may have been merged away, or the child merged into its parent.
parents as (

    select
        companies.company_id as id,
        nullif(
            coalesce(parent_ends.end_id, companies.parent_company_id),
            companies.company_id
        ) as next_id
    from companies
    left join mergers_ends as parent_ends
        on companies.parent_company_id = parent_ends.id

),

{{ follow_links('parents') }},

resolved as (

    select
        companies.*,
        mergers_ends.end_id as surviving_company_id,
        coalesce(parents_ends.end_id, mergers_ends.end_id)
            as ultimate_parent_company_id,
        mergers_ends.end_id = companies.company_id
        and mergers.next_id is not null as is_merger_refused
    from companies
    inner join mergers
        on companies.company_id = mergers.id
    inner join mergers_ends
        on companies.company_id = mergers_ends.id
    left join parents_ends
        on mergers_ends.end_id = parents_ends.id

)

select
    company_id,
    parent_company_id,
    merged_into_company_id,
    surviving_company_id,
    ultimate_parent_company_id,
    company_name,
    domain,
    additional_domains,
    industry,
    country,
    plan,
    employee_count,
    is_merger_refused,
    created_at
from resolved
