-- HubSpot's contacts with their past: what a delivery says of now, and what the
-- property history says of before.
-- One row per contact and version.
{% set columns = with_custom_fields('contact', {
    'company_id': 'string',
    'email': 'string',
    'additional_emails': 'string',
    'lifecycle_stage': 'string',
    'original_source': 'string',
}) %}
{% set properties = hubspot_properties('hubspot.contact', {
    'company_id': 'associatedcompanyid',
    'email': 'email',
    'additional_emails': 'hs_additional_emails',
    'lifecycle_stage': 'lifecyclestage',
    'original_source': 'hs_analytics_source',
}) %}
with contacts as (

    select * from {{ ref('stg_hubspot__contacts') }}

),

history as (

    select * from {{ ref('stg_hubspot__contact_property_history') }}

),

mergers as (

    select * from {{ ref('int_hubspot_mergers') }}
    where entity = 'contact'

),

associations as (

    select * from {{ ref('int_hubspot_contact_companies') }}

),

{{ versions_with_history('contacts', 'history', 'contact_id', columns, properties) }}

select
    versions.source_relation,
    versions.contact_id,
    coalesce(versions.company_id, associations.company_id) as company_id,
    mergers.surviving_id as merged_into_contact_id,
    lower(trim(versions.email)) as email,
    lower(versions.additional_emails) as additional_emails,
    {% for column in columns
        if column not in ['company_id', 'email', 'additional_emails'] -%}
    versions.{{ column }},
    {% endfor -%}
    versions.content_hash,
    false as is_lead,
    versions.is_deleted,
    versions.created_at,
    versions.synced_at,
    versions.version_at
from versions
left join mergers
    on
        versions.source_relation = mergers.source_relation
        and versions.contact_id = mergers.merged_id
left join associations
    on
        versions.source_relation = associations.source_relation
        and versions.contact_id = associations.contact_id
