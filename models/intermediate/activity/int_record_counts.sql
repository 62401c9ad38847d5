-- How many records there are of those who call: what changes when a registry or a CRM
-- says something new (definition D19).
-- One row.
{% set hashed = [
    'stg_developer_portal__developers', 'stg_developer_portal__api_tokens',
    'int_contact_versions', 'int_company_records',
] %}
with counted as (

    {% for relation in hashed %}
    select count(distinct content_hash) as records
    from {{ ref(relation) }}
    union all
    {% endfor %}
    select count(*) as records
    from {{ ref('int_github_stars') }}

)

select cast(sum(records) as bigint) as records
from counted
