-- Which token took over from which: each has at most one successor and one predecessor.
-- What the registry states goes first, then the inferred link with the smaller place; a
-- link that would close a circle is left out (definition D9).
-- One row per link that holds or would close a circle.
{% set attempts = 2 %}
with recursive replacements as (

    select * from {{ ref('int_token_replacements') }}

),

stated as (

    select * from replacements
    where not is_circular

),

candidates_1 as (

    select links.*
    from {{ ref('int_token_links') }} as links
    left join stated as replaced
        on links.old_token_id = replaced.old_token_id
    left join stated as replacing
        on links.new_token_id = replacing.new_token_id
    where
        not links.is_stated
        and replaced.old_token_id is null
        and replacing.new_token_id is null

),

-- Where a link of a circle is left out, its tokens are free for another one, which may
-- close a circle in turn: two attempts settle all but contrived registries.
{% for attempt in range(1, attempts + 1) %}
{{ first_come_pairs('candidates_' ~ attempt) }},

chosen_{{ attempt }} as (

    select
        old_token_id,
        new_token_id,
        is_backward,
        place
    from stated
    union all
    select
        candidates.old_token_id,
        candidates.new_token_id,
        candidates.is_backward,
        candidates.place
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

inferred as (

    select
        links.old_token_id,
        links.new_token_id,
        candidates.place is null as is_circular
    from candidates_1 as links
    left join candidates_{{ attempts + 1 }} as candidates
        on links.place = candidates.place
    left join chosen_{{ attempts }} as chosen
        on links.place = chosen.place
    where chosen.place is not null or candidates.place is null

)

select
    old_token_id,
    new_token_id,
    true as is_stated,
    is_circular
from replacements
union all
select
    old_token_id,
    new_token_id,
    false as is_stated,
    is_circular
from inferred
