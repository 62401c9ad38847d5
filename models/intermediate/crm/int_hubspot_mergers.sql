-- Which record HubSpot merged into which: the one that lives on lists the others, and
-- for contacts there was a list of its own until 2022.
-- One row per kind of record and merged record.
with companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

merge_audit as (

    select * from {{ ref('stg_hubspot__contact_merge_audit') }}

),

listed as (

    select
        'company' as entity,
        source_relation,
        company_id as surviving_id,
        {{ split_to_rows('merged_company_ids', ';') }} as merged
    from companies
    union all
    select
        'contact' as entity,
        source_relation,
        contact_id as surviving_id,
        {{ split_to_rows('merged_contact_ids', ';') }} as merged
    from contacts
    union all
    select
        'contact' as entity,
        source_relation,
        contact_id as surviving_id,
        {{ split_to_rows('merged_contact_times', ';') }} as merged
    from contacts
    union all
    select
        'contact' as entity,
        source_relation,
        contact_id as surviving_id,
        merged_contact_id as merged
    from merge_audit

),

cleaned as (

    select
        entity,
        source_relation,
        surviving_id,
        -- id, or id:time
        {{ record_id(part_of('trim(merged)', ':', 1)) }} as merged_id
    from listed

),

mergers as (

    select
        entity,
        source_relation,
        merged_id,
        -- One that was merged twice is listed by both; either leads to the same end.
        min(surviving_id) as surviving_id
    from cleaned
    where merged_id <> '' and merged_id <> surviving_id
    group by entity, source_relation, merged_id

)

select * from mergers
