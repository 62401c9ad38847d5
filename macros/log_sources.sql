{#- The names in var log_sources, refused already while dbt reads the project where it is no list. -#}
{% macro log_sources() %}
    {%- do require_list('log_sources') -%}
    {{ return(var('log_sources')) }}
{% endmacro %}
