{#- z' V^-1 z of a list of rows, each the row of the symmetric matrix V and then the entry of the vector z. One row after
    the other is swept out of the rest by Gauss's elimination, and adds the square of what is left of its entry over
    what is left of its variance; a row of which nothing is left depends on those before it and adds nothing. -#}
{% macro quadratic_form(rows) -%}
    {{ return(adapter.dispatch('quadratic_form')(rows)) }}
{%- endmacro %}

{% macro default__quadratic_form(rows) -%}
    {{ not_supported('quadratic_form') }}
{%- endmacro %}

{#- What is folded has to be of the type of the result: each step is one without rows. -#}
{% macro duckdb__quadratic_form(rows) -%}
    list_reduce(
        list_transform(
            range(1, len({{ rows }}) + 1),
            lambda place: {'place': place, 'rows': cast(null as double[][]), 'total': cast(null as double)}
        ),
        lambda done, step: case
            when done.rows[step.place][step.place] > 1e-12
                then {
                    'place': step.place,
                    'rows': list_transform(
                        done.rows,
                        lambda own: list_transform(
                            own,
                            lambda entry, column_place: entry
                            - own[step.place] * done.rows[step.place][column_place]
                            / done.rows[step.place][step.place]
                        )
                    ),
                    'total': done.total
                    + done.rows[step.place][len(done.rows) + 1] * done.rows[step.place][len(done.rows) + 1]
                    / done.rows[step.place][step.place]
                }
            else {'place': step.place, 'rows': done.rows, 'total': done.total}
        end,
        {'place': cast(0 as bigint), 'rows': {{ rows }}, 'total': cast(0 as double)}
    ).total
{%- endmacro %}

{% macro spark__quadratic_form(rows) -%}
    aggregate(
        sequence(1, size({{ rows }})),
        named_struct('rows', {{ rows }}, 'total', 0D),
        (done, place) -> case
            when done.rows[place - 1][place - 1] > 1e-12
                then named_struct(
                    'rows', transform(
                        done.rows,
                        own -> transform(
                            own,
                            (entry, column_place) -> entry
                            - own[place - 1] * done.rows[place - 1][column_place]
                            / done.rows[place - 1][place - 1]
                        )
                    ),
                    'total', done.total
                    + done.rows[place - 1][size(done.rows)] * done.rows[place - 1][size(done.rows)]
                    / done.rows[place - 1][place - 1]
                )
            else done
        end,
        done -> done.total
    )
{%- endmacro %}
