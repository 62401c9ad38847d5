{#- The values of a group as a list, in the order of their places. -#}
{% macro ordered_list(value, place) -%}
    {{ return(adapter.dispatch('ordered_list')(value, place)) }}
{%- endmacro %}

{% macro default__ordered_list(value, place) -%}
    {{ not_supported('ordered_list') }}
{%- endmacro %}

{% macro duckdb__ordered_list(value, place) -%}
    list({{ value }} order by {{ place }})
{%- endmacro %}

{% macro spark__ordered_list(value, place) -%}
    transform(
        array_sort(collect_list(struct({{ place }} as place, {{ value }} as entry))), item -> item.entry
    )
{%- endmacro %}
