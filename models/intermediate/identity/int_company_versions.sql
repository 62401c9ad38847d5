-- What is known of a company, and since when (definition D13). Where several CRMs know
-- it, each attribute comes from the first that has it: in the order of var
-- crm_trust_order, or from what was written last. What a CRM learnt only later comes
-- behind what another knew.
-- One row per record of a company and version.
{% set attributes = company_attributes() %}
{% set other_columns = ['parent_company_id', 'additional_domains', 'created_at']
    + custom_fields('company') | map(attribute='alias') | list %}
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
    where company_id <> leading_company_id
    union all
    select
        company_id,
        company_id as record_company_id
    from records
    where is_latest

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
        {% for column in attributes + other_columns -%}
        records.{{ column }},
        {% endfor -%}
        row_number() over (
            partition by changes.company_id, changes.version_at
            order by
                records.version_at > changes.version_at asc,
                records.trust_rank asc,
                records.version_at desc,
                records.source_place asc,
                records.source_relation asc
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
        {% for column in attributes + other_columns -%}
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
    {% for column in attributes -%}
    {{ column }},
    {{ column }}_source,
    {% endfor -%}
    {{ other_columns | join(',\n    ') }},
    merged_into_company_id,
    source_relation,
    is_deleted,
    is_first,
    is_latest,
    version_at,
    valid_from,
    valid_to
from versions
