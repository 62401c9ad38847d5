-- What each CRM said of a contact, and since when: the only place where the contacts of
-- several CRMs meet. An id that two systems could share carries the system's name.
-- One row per contact and version.
{% set columns = [
    'source_relation', 'email', 'additional_emails', 'lifecycle_stage', 'original_source',
    'content_hash', 'is_lead', 'is_deleted', 'created_at', 'synced_at', 'version_at',
] + custom_fields('contact') | map(attribute='alias') | list %}
with unioned as (

    {% for crm_source in crm_sources() %}
    select
        {{ loop.index }} as source_place,
        contact_id,
        company_id,
        merged_into_contact_id,
        {{ columns | join(',\n        ') }}
    from {{ ref('int_' ~ crm_source ~ '_contacts') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

contacts as (

    select
        {{ record_key('contact_id') }} as contact_id,
        {{ record_key('company_id') }} as company_id,
        {{ record_key('merged_into_contact_id') }} as merged_into_contact_id,
        source_place,
        {{ trust_rank('source_relation') }} as trust_rank,
        {{ columns | join(',\n        ') }}
    from unioned

),

versions as (

    {{ dated_versions('contacts', 'contact_id', read_at='synced_at') }}

)

select
    contact_id,
    company_id,
    merged_into_contact_id,
    source_place,
    trust_rank,
    {{ columns | join(',\n    ') }},
    is_latest,
    valid_from,
    valid_to
from versions
