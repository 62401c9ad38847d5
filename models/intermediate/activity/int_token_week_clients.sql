-- What each token mostly used in a week: the SDK, the language, the kind of client and
-- the API with most qualified requests each, the alphabet deciding between equals
-- (definition D13).
-- One row per token and week with a qualified request.
{% set kinds = ['sdk', 'language', 'client_kind', 'api'] -%}
with qualified_days as (

    select * from {{ ref('int_token_days') }}
    where outcome = 'qualified'

),

used as (

    {% for kind in kinds -%}
    select
        week_start,
        token_id,
        '{{ kind }}' as kind,
        {{ kind }} as name,
        requests
    from qualified_days
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

ranked as (

    select
        week_start,
        token_id,
        kind,
        name,
        row_number() over (
            partition by week_start, token_id, kind
            order by sum(requests) desc, name asc
        ) as place
    from used
    group by week_start, token_id, kind, name

),

mostly_used as (

    select
        week_start,
        token_id,
        {% for kind in kinds -%}
        max(case when kind = '{{ kind }}' then name end) as {{ kind }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from ranked
    where place = 1
    group by week_start, token_id

)

select
    week_start,
    token_id,
    {{ segment('sdk') }} as sdk,
    language,
    client_kind,
    {{ segment('api') }} as api
from mostly_used
