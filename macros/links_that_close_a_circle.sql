{#- Common table expressions that find, in each circle of links, the one placed last. `links` needs the columns
    old_token_id, new_token_id, place and is_backward, each token at most once as old and once as new; the last
    expression, `<links>_closing`, has their place. Links lead forward in time, so every circle has one that is
    marked as backward: walking starts at those, and ends where it began or where the chain ends. -#}
{% macro links_that_close_a_circle(links) %}
{{ links }}_walks as (
    select
        old_token_id as start_token_id,
        new_token_id as token_id,
        place as last_place
    from {{ links }}
    where is_backward
    union all
    select
        walks.start_token_id,
        links.new_token_id as token_id,
        greatest(walks.last_place, links.place) as last_place
    from {{ links }}_walks as walks
    inner join {{ links }} as links
        on walks.token_id = links.old_token_id
    where walks.token_id <> walks.start_token_id
),

{{ links }}_closing as (
    select distinct last_place as place
    from {{ links }}_walks
    where token_id = start_token_id
)
{% endmacro %}
