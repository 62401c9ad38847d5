{#- A query for the median of `value` in each group of `relation` that agrees in `keys`, and `observations`, how many it is
    over: the middle one, or the mean of the two in the middle, to the last bit the same on every engine. -#}
{% macro medians(relation, keys, value) -%}
    select
        {{ keys | join(',\n        ') }},
        max(observations) as observations,
        avg(cast({{ value }} as {{ type_double() }})) as median
    from (
        select
            *,
            row_number() over (
                partition by {{ keys | join(', ') }} order by {{ value }}
            ) as place,
            count(*) over (partition by {{ keys | join(', ') }}) as observations
        from {{ relation }}
    ) as placed
    where 2 * place between observations and observations + 2
    group by {{ keys | join(', ') }}
{%- endmacro %}
