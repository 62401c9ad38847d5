-- Domains that two companies claim resolve nobody: merge the companies in the CRM, or
-- take the domain from one of them (definition D11).
{{ config(severity='warn') }}

select domain
from {{ ref('int_company_domains') }}
where is_ambiguous
