{#- Common table expressions that follow links between rows to their end. `links` needs the columns id and
    next_id; the last expression, `<links>_ends`, has id and end_id. Whoever runs into a loop, or past 64 links,
    stays where it is: end_id = id. Needs `with recursive`.

    A walk keeps in mind where it was after 1, 2, 4, 8 ... links; one that comes by there again goes round in a
    loop (R. P. Brent, An improved Monte Carlo factorization algorithm, BIT 20, 1980, section 3). -#}
{% macro follow_links(links) %}
{%- set mark = 'case when walks.links_followed in (1, 2, 4, 8, 16, 32) then walks.id else walks.marked_id end' -%}
{{ links }}_walks as (
    select
        id as start_id,
        next_id as id,
        id as marked_id,
        1 as links_followed,
        false as is_loop
    from {{ links }}
    where next_id is not null
    union all
    select
        walks.start_id,
        links.next_id as id,
        {{ mark }} as marked_id,
        walks.links_followed + 1 as links_followed,
        links.next_id = {{ mark }} as is_loop
    from {{ links }}_walks as walks
    inner join {{ links }} as links
        on walks.id = links.id
    where
        links.next_id is not null
        and not walks.is_loop
        and walks.links_followed <= 64
),
{{ links }}_ends as (
    select
        links.id,
        case
            when max(walks.links_followed) <= 64 and not {{ any_true('walks.is_loop') }}
                then max_by(walks.id, walks.links_followed)
            else links.id
        end as end_id
    from {{ links }} as links
    left join {{ links }}_walks as walks
        on links.id = walks.start_id
    group by links.id
)
{% endmacro %}
