{#- The condition that an incremental model has no row yet with this value in a column. -#}
{% macro not_there_yet(value, column) -%}
    {{ return(value ~ ' not in (select ' ~ column ~ ' from ' ~ this ~ ')' if is_increment() else '1 = 1') }}
{%- endmacro %}
