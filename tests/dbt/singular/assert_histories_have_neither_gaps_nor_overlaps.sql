-- At any time since its first version a developer or company has exactly one version
-- (definition D13).
with versions as (

    select
        'developer' as kind,
        developer_id as id,
        is_current,
        valid_from,
        valid_to
    from {{ ref('dim_developers_history') }}
    union all
    select
        'company' as kind,
        company_id as id,
        is_current,
        valid_from,
        valid_to
    from {{ ref('dim_companies_history') }}

),

followed as (

    select
        *,
        lead(valid_from) over (partition by kind, id order by valid_from) as next_from
    from versions

)

select *
from followed
where
    valid_from >= valid_to
    or valid_to <> coalesce(next_from, cast('9999-12-31' as timestamp))
    or is_current <> (next_from is null)
