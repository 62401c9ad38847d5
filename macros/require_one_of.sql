{#- Refuses a var that is none of the values it may take. -#}
{% macro require_one_of(name, values) %}
    {%- if var(name) not in values -%}
        {%- do refuse_value(name, values | map('tojson') | join(' or ')) -%}
    {%- endif -%}
{% endmacro %}
