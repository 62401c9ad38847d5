-- Which token took over from which by the registry's own word: a token names at most
-- one that it replaces, and of several that name one the first counts. A link that
-- would close a circle is left out, and the next in line counts (definition D9).
-- One row per link that holds or would close a circle.
with recursive links as (

    select * from {{ ref('int_token_links') }}
    where is_stated

),

numbered as (

    select
        *,
        row_number() over (partition by old_token_id order by place) as turn
    from links

),

first_in_line as (

    select * from numbered
    where turn = 1

),

{{ links_that_close_a_circle('first_in_line') }},

judged as (

    select
        links.*,
        closing.place is not null as is_circular,
        row_number() over (
            partition by links.old_token_id, closing.place is null order by links.place
        ) as turn
    from links
    left join first_in_line_closing as closing
        on links.place = closing.place

)

select
    old_token_id,
    new_token_id,
    is_backward,
    is_circular,
    place
from judged
where is_circular or turn = 1
