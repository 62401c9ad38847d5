-- A record that a CRM ever delivered is one company or one contact, however many
-- deliveries, versions, associations and CRMs stand behind it; a developer is one
-- developer.
{% set staged = {
    'crm': ['stg_crm__companies', 'stg_crm__contacts'],
    'hubspot': ['stg_hubspot__companies', 'stg_hubspot__contacts'],
    'salesforce': ['stg_salesforce__accounts', 'stg_salesforce__contacts'],
} %}
with delivered as (

    {% for crm_source in crm_sources() %}
    {% set companies, contacts = staged.get(
        crm_source, ['int_' ~ crm_source ~ '_companies', 'int_' ~ crm_source ~ '_contacts']
    ) %}
    select distinct
        'company' as entity,
        {{ record_key('company_id') }} as id
    from {{ ref(companies) }}
    union all
    select distinct
        'contact' as entity,
        {{ record_key('contact_id') }} as id
    from {{ ref(contacts) }}
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

)

select
    delivered.entity,
    delivered.id,
    count(known.id) as places
from delivered
left join known
    on
        delivered.entity = known.entity
        and delivered.id = known.id
group by delivered.entity, delivered.id
having count(known.id) <> 1
