-- The company that HubSpot associates with a contact, for portals whose contacts do not
-- name it: the primary one, as read last; without one, the only one.
-- One row per contact that is associated with a company.
with associations as (

    select * from {{ ref('stg_hubspot__contact_company') }}
    where not is_deleted

),

ranked as (

    select
        source_relation,
        contact_id,
        company_id,
        is_primary,
        row_number() over (
            partition by source_relation, contact_id
            order by
                case when is_primary then 0 else 1 end asc,
                synced_at desc,
                company_id asc
        ) as place,
        min(company_id) over (partition by source_relation, contact_id)
        <> max(company_id) over (partition by source_relation, contact_id)
            as has_several
    from associations

),

chosen as (

    select
        source_relation,
        contact_id,
        company_id
    from ranked
    where place = 1 and (is_primary or not has_several)

)

select * from chosen
