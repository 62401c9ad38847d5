{#- Common table expressions that follow links between rows to their end. `links` needs the columns id and
    next_id; the last expression, `<links>_ends`, has id and end_id. Whoever runs into a loop, or past 64 links,
    stays where it is: end_id = id. Needs `with recursive`. -#}
{% macro follow_links(links) %}
{{ links }}_walks as (
    select
        id as start_id,
        next_id as id,
        1 as links_followed
    from {{ links }}
    where next_id is not null
    union all
    select
        walks.start_id,
        links.next_id as id,
        walks.links_followed + 1 as links_followed
    from {{ links }}_walks as walks
    inner join {{ links }} as links
        on walks.id = links.id
    where
        links.next_id is not null
        and walks.links_followed <= 64
),
{{ links }}_ends as (
    select
        links.id,
        case
            when max(walks.links_followed) <= 64 then max_by(walks.id, walks.links_followed)
            else links.id
        end as end_id
    from {{ links }} as links
    left join {{ links }}_walks as walks
        on links.id = walks.start_id
    group by links.id
)
{% endmacro %}
