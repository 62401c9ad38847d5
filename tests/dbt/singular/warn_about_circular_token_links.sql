-- Links between tokens that would make a lineage go round in a circle: correct
-- replaces_token_id in the portal (definition D9).
{{ config(severity='warn') }}

select *
from {{ ref('int_token_successions') }}
where is_circular
