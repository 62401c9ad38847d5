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

snapshots as (

    {{ dated_versions('contacts', 'source_relation, contact_id') }}

),

{{ property_states('history', 'contact_id', properties) }},

versions as (

    select
        source_relation,
        contact_id,
        {{ columns | join(',\n        ') }},
        content_hash,
        is_deleted,
        created_at,
        version_at
    from snapshots
    union all
    select
        snapshots.source_relation,
        snapshots.contact_id,
        {% for column, type in columns.items() -%}
        {{ state_or_snapshot(column, type, properties) }} as {{ column }},
        {% endfor -%}
        snapshots.content_hash,
        snapshots.is_deleted,
        snapshots.created_at,
        states.changed_at as version_at
    from snapshots
    inner join history_states as states
        on
            snapshots.source_relation = states.source_relation
            and snapshots.contact_id = states.contact_id
            and snapshots.valid_from <= states.changed_at
            and snapshots.valid_to > states.changed_at
            and snapshots.version_at <> states.changed_at

)

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
