-- Where each company of the CRMs ends up: the one it was merged into, and from there
-- its ultimate parent, by the latest versions and for the whole history (definition
-- D11). Loops are refused: who is in one, or leads into one, has no parent.
-- One row per record of a company.
with recursive companies as (

    select * from {{ ref('int_company_versions') }}
    where is_latest

),

mergers as (

    select * from {{ ref('int_company_mergers') }}

),

-- A parent may have been merged away, or the child merged into its parent.
parents as (

    select
        companies.company_id as id,
        nullif(
            coalesce(mergers.surviving_company_id, companies.parent_company_id),
            companies.company_id
        ) as next_id
    from companies
    left join mergers
        on companies.parent_company_id = mergers.company_id

),

{{ follow_links('parents') }},

resolved as (

    select
        companies.*,
        mergers.surviving_company_id,
        coalesce(parents_ends.end_id, mergers.surviving_company_id)
            as ultimate_parent_company_id,
        mergers.is_merger_refused,
        coalesce(survivors.is_deleted, false) as is_survivor_deleted
    from companies
    inner join mergers
        on companies.company_id = mergers.company_id
    left join parents_ends
        on mergers.surviving_company_id = parents_ends.id
    left join companies as survivors
        on mergers.surviving_company_id = survivors.company_id

)

select
    company_id,
    parent_company_id,
    merged_into_company_id,
    surviving_company_id,
    ultimate_parent_company_id,
    source_relation,
    {% for column in company_attributes() -%}
    {{ column }},
    {{ column }}_source,
    {% endfor -%}
    additional_domains,
    {% for field in custom_fields('company') -%}
    {{ field.alias }},
    {% endfor -%}
    is_merger_refused,
    -- Who was merged lives on, though the CRM deletes the record.
    is_survivor_deleted as is_deleted,
    created_at
from resolved
