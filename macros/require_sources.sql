{#- Refuses a var that is not a list of log sources, each named once. -#}
{% macro require_sources(name) %}
    {%- do require_list(name) -%}
    {%- if var(name) | unique | list | length < var(name) | length -%}
        {%- do refuse_value(name, 'a list that names each source once') -%}
    {%- endif -%}
{% endmacro %}
