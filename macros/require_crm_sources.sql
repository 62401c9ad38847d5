{#- Refuses a var that does not name CRMs, each once and at least one. -#}
{% macro require_crm_sources(name) %}
    {%- do require_sources(name) -%}
    {%- if not var(name) -%}
        {%- do refuse_value(name, 'at least one CRM: crm without files is an empty one') -%}
    {%- endif -%}
{% endmacro %}
