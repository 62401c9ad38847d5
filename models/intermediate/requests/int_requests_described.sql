-- What the lists and the registry have on each logged request.
-- One row per logged request.
with requests as (

    select * from {{ ref('int_requests_checked') }}

),

described as (

    {{ described_requests(
        'requests',
        ref('int_duplicate_requests'),
        ref('int_token_owners'),
        ref('int_endpoints'),
        ref('int_user_agents'),
        ref('int_clients')
    ) }}

)

select * from described
