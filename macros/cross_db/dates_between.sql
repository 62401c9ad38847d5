{#- One row for every step from the first date to the last. -#}
{% macro dates_between(first_date, last_date, step_days) -%}
    {{ return(adapter.dispatch('dates_between')(first_date, last_date, step_days)) }}
{%- endmacro %}

{% macro default__dates_between(first_date, last_date, step_days) -%}
    {{ not_supported('dates_between') }}
{%- endmacro %}

{% macro duckdb__dates_between(first_date, last_date, step_days) -%}
    unnest(cast(
        generate_series({{ first_date }}, {{ last_date }}, interval ({{ step_days }}) day)
        as date[]
    ))
{%- endmacro %}

{% macro spark__dates_between(first_date, last_date, step_days) -%}
    explode(sequence({{ first_date }}, {{ last_date }}, interval '{{ step_days }}' day))
{%- endmacro %}
