{#- A free text of the outside world as a segment that people count by: nothing, or what holds an e-mail
    address, is unknown (definitions D13, D28). -#}
{% macro segment(column) -%}
    coalesce(nullif(trim({{ without_address(column) }}), ''), 'unknown')
{%- endmacro %}
