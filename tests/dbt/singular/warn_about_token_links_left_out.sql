-- Links between tokens that would make a lineage go in a circle, or that too many close
-- calls left undecided: correct replaces_token_id in the portal (definition D9).
{{ config(severity='warn') }}

select *
from {{ ref('int_token_successions') }}
where status <> 'holds'
