-- Salesforce's people: contacts, and the leads that may become one.
-- One row per contact or lead and version or delivery.
with contacts as (

    select * from {{ ref('stg_salesforce__contacts') }}

),

leads as (

    select * from {{ ref('stg_salesforce__leads') }}

),

people as (

    {% for kind in ['contacts', 'leads'] %}
    select
        source_relation,
        contact_id,
        company_id,
        merged_into_contact_id,
        email,
        additional_emails,
        lifecycle_stage,
        original_source,
        content_hash,
        is_lead,
        is_deleted,
        {% for field in custom_fields('contact') -%}
        {{ field.alias }},
        {% endfor %}
        created_at,
        synced_at,
        version_at
    from {{ kind }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from people
