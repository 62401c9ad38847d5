{#- The names in var crm_sources, refused already while dbt reads the project where it names none. -#}
{% macro crm_sources() %}
    {%- do require_sources('crm_sources') -%}
    {%- if not var('crm_sources') -%}
        {%- do refuse_value('crm_sources', 'at least one CRM: crm without files is an empty one') -%}
    {%- endif -%}
    {{ return(var('crm_sources')) }}
{% endmacro %}
