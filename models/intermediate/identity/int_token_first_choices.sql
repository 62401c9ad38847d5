-- Which inferred links a first attempt takes, and which of those would close a circle
-- and are left out (definition D9).
-- One row per inferred link between tokens that the registry leaves free.
with recursive stated as (

    select * from {{ ref('int_token_replacements') }}
    where not is_circular

),

candidates as (

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

{{ first_come_pairs('candidates') }},

chosen as (

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
    from candidates
    inner join candidates_taken as taken
        on candidates.place = taken.place

),

{{ links_that_close_a_circle('chosen') }}

select
    candidates.old_token_id,
    candidates.new_token_id,
    candidates.is_backward,
    candidates.place,
    candidates.kind_hash,
    closing.place is not null as is_circular
from candidates
left join chosen_closing as closing
    on candidates.place = closing.place
