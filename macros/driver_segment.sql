{#- A value as a segment: texts as they are, booleans in words, nothing as unknown. -#}
{% macro driver_segment(column) -%}
    coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'unknown')
{%- endmacro %}
