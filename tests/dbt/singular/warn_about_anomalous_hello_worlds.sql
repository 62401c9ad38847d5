-- Developers whose hello world lies long before their clock started: wrong clocks, or
-- accounts that changed hands. They are outside the distribution and counted here,
-- never dropped in silence (definition D18).
{{ config(severity='warn') }}

select
    developer_id,
    clock_start_at,
    hello_world_at
from {{ ref('fct_time_to_first_hello_world') }}
where status = 'anomaly'
