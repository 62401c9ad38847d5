-- What each CRM said of a company, and since when: the only place where the companies
-- of several CRMs meet. An id that two systems could share carries the system's name.
-- One row per record of a company and version.
{% set columns = [
    'source_relation', 'company_name', 'domain', 'additional_domains', 'industry',
    'country', 'plan', 'content_hash', 'employee_count', 'is_deleted', 'created_at',
    'synced_at', 'version_at',
] + custom_fields('company') | map(attribute='alias') | list %}
with unioned as (

    {% for crm_source in crm_sources() %}
    select
        {{ loop.index }} as source_place,
        company_id,
        parent_company_id,
        merged_into_company_id,
        {{ columns | join(',\n        ') }}
    from {{ ref('int_' ~ crm_source ~ '_companies') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

records as (

    select
        {{ record_key('company_id') }} as company_id,
        {{ record_key('parent_company_id') }} as parent_company_id,
        {{ record_key('merged_into_company_id') }} as merged_into_company_id,
        company_id as record_id,
        source_place,
        {{ trust_rank('source_relation') }} as trust_rank,
        {{ columns | join(',\n        ') }}
    from unioned

),

versions as (

    {{ dated_versions('records', 'company_id', read_at='synced_at') }}

)

select
    company_id,
    parent_company_id,
    merged_into_company_id,
    record_id,
    source_place,
    trust_rank,
    {{ columns | join(',\n    ') }},
    is_first,
    is_latest,
    valid_from,
    valid_to
from versions
