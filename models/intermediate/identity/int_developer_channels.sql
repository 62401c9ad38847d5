-- The marketing channel and the campaign that each developer came by, fixed at sign-up
-- (definition D13).
-- One row per developer.
with visits as (

    select * from {{ ref('int_sign_up_visits') }}

),

channels as (

    select * from {{ ref('int_visit_channels') }}

)

select
    visits.developer_id,
    channels.channel,
    visits.campaign
from visits
inner join channels
    on
        visits.source = channels.source
        and visits.medium = channels.medium
        and visits.campaign = channels.campaign
