-- A record that a CRM ever delivered is one company or one contact, however many deliveries,
-- versions, associations and CRMs stand behind it; and who owned a token still owns it once.
with delivered as (

    {% for crm_source in crm_sources() %}
    select distinct
        'company' as entity,
        {{ record_key('company_id') }} as id
    from {{ ref('int_' ~ crm_source ~ '_companies') }}
    union all
    select distinct
        'contact' as entity,
        {{ record_key('contact_id') }} as id
    from {{ ref('int_' ~ crm_source ~ '_contacts') }}
    union all
    {% endfor %}
    select distinct
        'developer' as entity,
        developer_id as id
    from {{ ref('stg_developer_portal__developers') }}

),

known as (

    select
        'company' as entity,
        company_id as id
    from {{ ref('dim_companies') }}
    where is_in_crm
    union all
    select
        'contact' as entity,
        contact_id as id
    from {{ ref('int_contact_versions') }}
    where is_latest
    union all
    select
        'developer' as entity,
        developer_id as id
    from {{ ref('dim_developers') }}

),

counted as (

    select
        entity,
        id,
        count(*) as places
    from known
    group by entity, id

)

select
    coalesce(delivered.entity, counted.entity) as entity,
    coalesce(delivered.id, counted.id) as id,
    coalesce(counted.places, 0) as places
from delivered
full outer join counted
    on
        delivered.entity = counted.entity
        and delivered.id = counted.id
where coalesce(counted.places, 0) <> 1 or delivered.id is null
