{#- Refuses a var that is a single value where a list belongs. -#}
{% macro require_list(name) %}
    {%- if var(name) is string or var(name) is not sequence -%}
        {%- do refuse_value(name, 'a list, such as [a, b] or []') -%}
    {%- endif -%}
{% endmacro %}
