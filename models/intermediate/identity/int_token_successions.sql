-- Which token took over from which: each has at most one successor and one predecessor,
-- and the link with the smaller place goes first (definition D9). A link that would
-- close a circle is left out.
-- One row per link that holds or would close a circle.
{% set attempts = 3 %}
with recursive links as (

    select * from {{ ref('int_token_links') }}

),

candidates_1 as (

    select * from links

),

-- Where a link of a circle is left out, its tokens are free for another one, which may
-- close a circle in turn: three attempts settle all but contrived registries.
{% for attempt in range(1, attempts + 1) %}
{{ first_come_pairs('candidates_' ~ attempt) }},

chosen_{{ attempt }} as (

    select candidates.*
    from candidates_{{ attempt }} as candidates
    inner join candidates_{{ attempt }}_taken as taken
        on candidates.place = taken.place

),

{{ links_that_close_a_circle('chosen_' ~ attempt) }},

candidates_{{ attempt + 1 }} as (

    select candidates.*
    from candidates_{{ attempt }} as candidates
    left join chosen_{{ attempt }}_closing as closing
        on candidates.place = closing.place
    where closing.place is null

),
{% endfor %}

judged as (

    select
        links.old_token_id,
        links.new_token_id,
        links.is_stated,
        candidates.place is null as is_circular
    from links
    left join candidates_{{ attempts + 1 }} as candidates
        on links.place = candidates.place
    left join chosen_{{ attempts }} as chosen
        on links.place = chosen.place
    where chosen.place is not null or candidates.place is null

)

select * from judged
