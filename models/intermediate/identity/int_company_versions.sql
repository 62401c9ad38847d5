-- What is known of a company, and since when (definition D13). Where several CRMs know it,
-- each attribute comes from the first that has it: in the order of var crm_trust_order, or
-- from what was written last. What a CRM learnt only later comes behind what another knew.
-- One row per record of a company and version.
{% set attributes = [
    'company_name', 'domain', 'industry', 'country', 'plan', 'employee_count',
] %}
{% set other_columns = ['parent_company_id', 'additional_domains', 'created_at'] %}
{% set custom = custom_fields('company') | map(attribute='alias') | list %}
with records as (

    select * from {{ ref('int_company_records') }}

),

counterparts as (

    select * from {{ ref('int_company_counterparts') }}

),

known_by as (

    select
        leading_company_id as company_id,
        company_id as record_company_id
    from counterparts
    union
    select
        company_id,
        company_id as record_company_id
    from records

),

changes as (

    select distinct
        known_by.company_id,
        records.version_at
    from known_by
    inner join records
        on known_by.record_company_id = records.company_id

),

candidates as (

    select
        changes.company_id,
        changes.version_at,
        known_by.record_company_id = changes.company_id as is_own,
        records.source_relation,
        records.merged_into_company_id,
        records.is_deleted,
        {% for column in attributes + other_columns + custom -%}
        records.{{ column }},
        {% endfor -%}
        row_number() over (
            partition by changes.company_id, changes.version_at
            order by
                case when records.version_at <= changes.version_at then 0 else 1 end,
                records.trust_rank,
                records.version_at desc,
                records.source_place,
                records.source_relation
        ) as place
    from changes
    inner join known_by
        on changes.company_id = known_by.company_id
    inner join records
        on
            known_by.record_company_id = records.company_id
            and changes.version_at >= records.valid_from
            and changes.version_at < records.valid_to

),

described as (

    select
        company_id,
        version_at,
        max(case when is_own then source_relation end) as source_relation,
        max(case when is_own then merged_into_company_id end) as merged_into_company_id,
        max(case when is_own and is_deleted then 1 else 0 end) = 1 as is_deleted,
        {% for column in attributes -%}
        {{ first_known('source_relation', column) }} as {{ column }}_source,
        {% endfor -%}
        {% for column in attributes + other_columns + custom -%}
        {{ first_known(column, column) }} as {{ column }},
        {% endfor -%}
        -- No two versions of a company have one time any more.
        '' as content_hash
    from candidates
    group by company_id, version_at

),

versions as (

    {{ dated_versions('described', 'company_id') }}

)

select
    company_id,
    parent_company_id,
    merged_into_company_id,
    source_relation,
    {% for column in attributes -%}
    {{ column }},
    case when {{ column }} is not null then {{ column }}_source end as {{ column }}_source,
    {% endfor -%}
    additional_domains,
    {% for column in custom -%}
    {{ column }},
    {% endfor -%}
    is_deleted,
    is_first,
    is_latest,
    created_at,
    version_at,
    valid_from,
    valid_to
from versions
