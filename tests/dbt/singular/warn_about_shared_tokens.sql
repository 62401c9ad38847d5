-- Tokens that seem to be shared by several users count for their owner alone: a
-- published key, or one key in an app of many users (definition D10).
{{ config(severity='warn') }}

select
    token_id,
    developer_id
from {{ ref('dim_tokens') }}
where is_suspected_shared
