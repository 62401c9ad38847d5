-- Companies of the CRM that were merged into each other in a circle, and therefore stay
-- apart (definition D11).
{{ config(severity='warn') }}

select
    company_id,
    merged_into_company_id
from {{ ref('int_companies') }}
where is_merger_refused
