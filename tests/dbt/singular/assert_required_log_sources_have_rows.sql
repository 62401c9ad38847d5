-- A source that var required_log_sources names and that never delivered an accepted row
-- would hold every week open: no watermark, no weeks, nothing published.
with delivering as (

    select distinct source
    from {{ ref('int_token_days') }}
    where outcome not in ('malformed', 'duplicate')

),

required_sources as (

    {% for log_source in var('required_log_sources') %}
    select '{{ log_source }}' as source
    union all
    {% endfor %}
    select cast(null as {{ dbt.type_string() }}) as source

)

select required_sources.source
from required_sources
left join delivering
    on required_sources.source = delivering.source
where
    required_sources.source is not null
    and delivering.source is null
