{#- Where visits came from in the terms of web analytics: a source, a medium and a campaign, in lower case. `visits`
    needs utm_source, utm_medium, utm_campaign and referrer as they were delivered. -#}
{% macro with_origins(visits) %}
    select
        *,
        coalesce(tagged_source, referring_host, '(direct)') as source,
        case
            when tagged_medium is not null then tagged_medium
            when tagged_source is not null then '(not set)'
            when referring_host is not null then 'referral'
            else '(none)'
        end as medium,
        coalesce(lower(trim(utm_campaign)), '') as campaign
    from (
        select
            *,
            nullif(lower(trim(utm_source)), '') as tagged_source,
            nullif(lower(trim(utm_medium)), '') as tagged_medium,
            nullif({{ host_of('referrer') }}, '') as referring_host
        from {{ visits }}
    ) as cleaned
{% endmacro %}
