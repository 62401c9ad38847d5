-- Which token took over from which: each has at most one successor and one predecessor.
-- What the registry states goes first, then the inferred link with the smaller place; a
-- link that would close a circle is left out (definition D9).
-- One row per link that holds or would close a circle.
with recursive replacements as (

    select * from {{ ref('int_token_replacements') }}

),

links as (

    select * from {{ ref('int_token_first_choices') }}

),

-- Where a link of a circle is left out, its tokens are free for another one, which may
-- close a circle in turn: two attempts settle all but contrived registries.
candidates as (

    select * from links
    where not is_circular

),

{{ first_come_pairs('candidates') }},

chosen as (

    select
        old_token_id,
        new_token_id,
        is_backward,
        place
    from replacements
    where not is_circular
    union all
    select
        candidates.old_token_id,
        candidates.new_token_id,
        candidates.is_backward,
        candidates.place
    from candidates
    inner join candidates_taken as taken
        on candidates.place = taken.place

),

{{ links_that_close_a_circle('chosen') }},

inferred as (

    select
        links.old_token_id,
        links.new_token_id,
        links.is_circular or closing.place is not null as is_circular
    from links
    left join candidates_taken as taken
        on links.place = taken.place
    left join chosen_closing as closing
        on links.place = closing.place
    where links.is_circular or taken.place is not null

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
