-- HubSpot's companies with their past: what a delivery says of now, and what the
-- property history says of before. Of a company that was merged away HubSpot may keep
-- only the id.
-- One row per company and version.
{% set columns = with_custom_fields('company', {
    'parent_company_id': 'string',
    'company_name': 'string',
    'domain': 'string',
    'additional_domains': 'string',
    'industry': 'string',
    'country': 'string',
    'plan': 'string',
    'employee_count': 'bigint',
}) %}
{% set properties = hubspot_properties('hubspot.company', {
    'parent_company_id': 'hs_parent_company_id',
    'company_name': 'name',
    'domain': 'domain',
    'additional_domains': 'hs_additional_domains',
    'industry': 'industry',
    'country': 'country',
    'employee_count': 'numberofemployees',
}) %}
with companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

history as (

    select * from {{ ref('stg_hubspot__company_property_history') }}

),

mergers as (

    select * from {{ ref('int_hubspot_mergers') }}
    where entity = 'company'

),

{{ versions_with_history('companies', 'history', 'company_id', columns, properties) }}

select
    coalesce(versions.source_relation, mergers.source_relation) as source_relation,
    coalesce(versions.company_id, mergers.merged_id) as company_id,
    mergers.surviving_id as merged_into_company_id,
    {% for column in columns -%}
    versions.{{ column }},
    {% endfor -%}
    coalesce(versions.content_hash, '') as content_hash,
    coalesce(versions.is_deleted, true) as is_deleted,
    versions.created_at,
    versions.synced_at,
    coalesce(versions.version_at, cast('1900-01-01' as timestamp)) as version_at
from versions
full outer join mergers
    on
        versions.source_relation = mergers.source_relation
        and versions.company_id = mergers.merged_id
