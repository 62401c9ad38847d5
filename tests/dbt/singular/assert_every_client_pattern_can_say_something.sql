-- A cell of client_patterns says nothing where an earlier row speaks for all that fits,
-- and so do a pattern in upper case and a row without any cell. A percent sign stands
-- for any text in the earlier pattern and for itself in the later one: what covers that
-- covers all.
{% set attributes = ['sdk', 'language', 'client_kind'] -%}
with client_patterns as (

    select * from {{ ref('client_patterns') }}

),

stated as (

    {% for attribute in attributes -%}
    select
        priority,
        pattern,
        '{{ attribute }}' as attribute
    from client_patterns
    where {{ attribute }} > ''
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

covered as (

    select
        stated.priority,
        stated.pattern,
        stated.attribute
    from stated
    inner join stated as earlier
        on
            stated.attribute = earlier.attribute
            and stated.priority > earlier.priority
            and stated.pattern like earlier.pattern

),

unheard as (

    select
        client_patterns.priority,
        client_patterns.pattern,
        'any' as attribute
    from client_patterns
    left join stated
        on client_patterns.priority = stated.priority
    where
        stated.priority is null
        or client_patterns.pattern <> lower(client_patterns.pattern)

)

select * from covered
union all
select * from unheard
