-- Page views of the program's site and documentation.
-- One row per page view.
with source as (

    select * from {{ source('website', 'page_views') }}

),

renamed as (

    select
        visitor_id,
        developer_id,

        path,
        utm_source,
        utm_medium,
        utm_campaign,
        referrer,

        occurred_at

    from source

)

select * from renamed
