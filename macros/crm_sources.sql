{#- The names in var crm_sources, refused already while dbt reads the project where it names none. -#}
{% macro crm_sources() %}
    {%- do require_crm_sources('crm_sources') -%}
    {{ return(var('crm_sources')) }}
{% endmacro %}
