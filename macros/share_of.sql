{#- A part as a share of a whole; of nothing nothing is a part, and the share is 0. -#}
{% macro share_of(whole, part) -%}
    coalesce({{ part }} / nullif(cast({{ whole }} as {{ type_double() }}), 0), 0)
{%- endmacro %}
