-- Which token took over from which: each has at most one successor and one predecessor,
-- and the link with the smaller place goes first (definition D9). A link that would
-- close a circle is left out, and so is one that eight rounds did not decide.
-- One row per link that holds or was left out.
with recursive links as (

    select * from {{ ref('int_token_links') }}

),

-- A token states at most one predecessor, so only successors can be in dispute.
stated as (

    select *
    from (
        select
            *,
            row_number() over (partition by old_token_id order by place) as rank_of_old
        from links
        where is_stated
    ) as ranked
    where rank_of_old = 1

),

{{ links_that_close_a_circle('stated') }},

round_0 as (

    select links.*
    from links
    left join stated_closing
        on links.place = stated_closing.place
    where stated_closing.place is null

),

-- A link that comes first for both its tokens holds, and rules out every other one of
-- theirs. Each round settles the next ones; only long runs of close calls need several.
{% for round in range(1, 9) %}
weighed_{{ round }} as (

    select
        *,
        place = min(place) over (partition by old_token_id)
        and place = min(place) over (partition by new_token_id) as holds
    from round_{{ round - 1 }}

),

settled_{{ round }} as (

    select
        *,
        bool_or(holds) over (partition by old_token_id)
        or bool_or(holds) over (partition by new_token_id) as is_settled
    from weighed_{{ round }}

),

round_{{ round }} as (

    select
        old_token_id,
        new_token_id,
        is_stated,
        is_backward,
        place
    from settled_{{ round }}
    where holds or not is_settled

),
{% endfor %}

held as (

    select
        *,
        count(*) over (partition by old_token_id) = 1
        and count(*) over (partition by new_token_id) = 1 as is_settled
    from round_8

),

chosen as (

    select * from held
    where is_settled

),

{{ links_that_close_a_circle('chosen') }},

judged as (

    select
        links.old_token_id,
        links.new_token_id,
        links.is_stated,
        case
            when stated_closing.place is not null then 'circular'
            when chosen_closing.place is not null then 'circular'
            when held.is_settled then 'holds'
            else 'undecided'
        end as status
    from links
    left join held
        on links.place = held.place
    left join stated_closing
        on links.place = stated_closing.place
    left join chosen_closing
        on links.place = chosen_closing.place
    where coalesce(stated_closing.place, held.place) is not null

)

select * from judged
