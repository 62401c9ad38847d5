select
    week_start,
    'weekly_active_tokens' as metric,
    week_status,
    cast(weekly_active_tokens as {{ type_double() }}) as value,
    cast(qualified_requests as bigint) as rows_read,
    cast(null as bigint) as records_read,
    'the rules' as rules_hash
from {{ ref('fct_north_star_weekly') }}
