{#- The id of a record among those of all CRMs: that of the default layout as it is, for tokens and developers name
    it; any other behind its CRM's name. -#}
{% macro record_key(id) -%}
    case when source_relation = 'crm' then {{ id }} else source_relation || ':' || {{ id }} end
{%- endmacro %}
