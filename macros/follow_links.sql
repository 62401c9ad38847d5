{#- Common table expressions that follow links between rows to their end, doubling the distance in each of
    six rounds (64 links). `links` needs the columns id and next_id; the last expression, `<links>_ends`, has
    id and end_id. Whoever runs into a loop, or past 64 links, stays where it is: end_id = id. -#}
{% macro follow_links(links) %}
{{ links }}_round_0 as (
    select
        id,
        coalesce(next_id, id) as end_id
    from {{ links }}
),
{% for round in range(1, 7) %}
{{ links }}_round_{{ round }} as (
    select
        here.id,
        coalesce(there.end_id, here.end_id) as end_id
    from {{ links }}_round_{{ round - 1 }} as here
    left join {{ links }}_round_{{ round - 1 }} as there
        on here.end_id = there.id
),
{% endfor %}
{{ links }}_ends as (
    select
        reached.id,
        case
            when beyond.next_id is not null then reached.id
            else reached.end_id
        end as end_id
    from {{ links }}_round_6 as reached
    left join {{ links }} as beyond
        on reached.end_id = beyond.id
)
{% endmacro %}
