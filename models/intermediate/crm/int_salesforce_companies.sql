-- Salesforce's accounts as companies.
-- One row per account and version or delivery.
with accounts as (

    select * from {{ ref('stg_salesforce__accounts') }}

)

select * from accounts
