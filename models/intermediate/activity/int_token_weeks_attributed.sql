-- The one developer and company that each active token counts for in a week. The
-- ladder: an override by hand, the company on the token, then the developer's own rungs
-- (definition D11).
-- One row per active token and week.
with token_weeks as (

    select * from {{ ref('int_active_token_weeks') }}

),

owners as (

    select * from {{ ref('int_token_week_owners') }}

),

lineages as (

    select * from {{ ref('int_token_lineages') }}

),

company_ids as (

    select * from {{ ref('int_company_ids') }}

),

resolution_methods as (

    select * from {{ ref('resolution_methods') }}

),

resolved as (

    select
        *,
        case
            when manual_company_id is not null then 'manual'
            when token_company_id is not null then 'token'
            else coalesce(developer_method, 'unresolved')
        end as resolution_method,
        coalesce(manual_company_id, token_company_id, developer_company_id)
            as named_company_id
    from owners

),

attributed as (

    select
        token_weeks.week_start,
        token_weeks.token_id,
        coalesce(lineages.token_lineage_id, token_weeks.token_id) as token_lineage_id,
        resolved.developer_id,
        coalesce(company_ids.surviving_company_id, resolved.named_company_id)
            as company_id,
        coalesce(company_ids.ultimate_parent_company_id, resolved.named_company_id)
            as ultimate_parent_company_id,
        resolved.resolution_method,
        resolution_methods.confidence as resolution_confidence,
        token_weeks.attempted_requests,
        token_weeks.successful_requests,
        token_weeks.qualified_requests,
        token_weeks.active_days,
        token_weeks.is_suspected_shared,
        token_weeks.first_request_at,
        token_weeks.last_request_at
    from token_weeks
    inner join resolved
        on
            token_weeks.week_start = resolved.week_start
            and token_weeks.token_id = resolved.token_id
    left join resolution_methods
        on resolved.resolution_method = resolution_methods.method
    left join lineages
        on token_weeks.token_id = lineages.token_id
    left join company_ids
        on resolved.named_company_id = company_ids.id

)

select * from attributed
