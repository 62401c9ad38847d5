{#- A free text of the outside world, unless it holds an e-mail address: published marts name no person
    (definition D28). -#}
{% macro without_address(column) -%}
    case when {{ column }} not like '%_@_%' then {{ column }} end
{%- endmacro %}
