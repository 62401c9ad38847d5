{#- Common table expressions that give each token at most one successor and one predecessor: links are taken by
    their place, and a link that is taken rules out every other one of its two tokens. `links` needs the columns
    old_token_id, new_token_id and place; the last expression, `<links>_taken`, has the place of those taken.
    A link that comes first for both its tokens is taken whatever becomes of the others; that is repeated with
    what is left. -#}
{% macro first_come_pairs(links) -%}
    {{ return(adapter.dispatch('first_come_pairs')(links)) }}
{%- endmacro %}

{% macro default__first_come_pairs(links) -%}
    {{ not_supported('first_come_pairs') }}
{%- endmacro %}

{#- A link that comes first for both its tokens is taken whatever becomes of the others; that is repeated with
    what is left. -#}
{% macro duckdb__first_come_pairs(links) -%}
{{ links }}_rounds as (
    select
        old_token_id,
        new_token_id,
        place,
        false as is_taken
    from {{ links }}
    union all
    select
        old_token_id,
        new_token_id,
        place,
        is_first as is_taken
    from (
        select
            *,
            bool_or(is_first) over (partition by old_token_id)
            or bool_or(is_first) over (partition by new_token_id) as is_settled
        from (
            select
                *,
                place = min(place) over (partition by old_token_id)
                and place = min(place) over (partition by new_token_id) as is_first
            from {{ links }}_rounds
            where not is_taken
        ) as weighed
    ) as settled
    where is_first or not is_settled
),

{{ links }}_taken as (
    select place from {{ links }}_rounds
    where is_taken
)
{%- endmacro %}

{#- No window is allowed in a recursion: the links of a kind are folded in their order into those taken. -#}
{% macro spark__first_come_pairs(links) -%}
{{ links }}_of_kinds as (
    select array_sort(collect_list(struct(place, old_token_id, new_token_id))) as links
    from {{ links }}
    group by kind_hash
),

{{ links }}_taken as (
    select explode(aggregate(
        links,
        cast(array() as array<struct<
            place: bigint, old_token_id: string, new_token_id: string
        >>),
        (taken, link) -> case
            when exists(
                taken,
                other -> other.old_token_id = link.old_token_id
                    or other.new_token_id = link.new_token_id
            ) then taken
            else concat(taken, array(link))
        end,
        taken -> transform(taken, link -> link.place)
    )) as place
    from {{ links }}_of_kinds
)
{%- endmacro %}
