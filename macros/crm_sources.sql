{#- The names in var crm_sources, refused already while dbt reads the project where it is no list. -#}
{% macro crm_sources() %}
    {%- do require_list('crm_sources') -%}
    {{ return(var('crm_sources')) }}
{% endmacro %}
