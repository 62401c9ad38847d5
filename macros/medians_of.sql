{#- The median of a column for each value of the keys, and of how many values: the mean of the two in the middle where
    their number is even. `relation` needs the keys and the column, without NULL. -#}
{% macro medians_of(relation, keys, column) %}
    select
        {{ keys | join(', ') }},
        avg(cast({{ column }} as {{ type_double() }})) as median,
        max(number_of_values) as number_of_values
    from (
        select
            {{ keys | join(', ') }},
            {{ column }},
            row_number() over (
                partition by {{ keys | join(', ') }} order by {{ column }}
            ) as place,
            count(*) over (partition by {{ keys | join(', ') }}) as number_of_values
        from {{ relation }}
    ) as ranked
    where abs(2 * place - number_of_values - 1) <= 1
    group by {{ keys | join(', ') }}
{% endmacro %}
