{#- The place of a CRM in var crm_trust_order; those that it does not name share the last one. -#}
{% macro trust_rank(source_relation) -%}
    {%- do require_list('crm_trust_order') -%}
    {%- if not var('crm_trust_order') -%}
        1
    {%- else -%}
        case {{ source_relation }}
            {%- for relation in var('crm_trust_order') %}
            when '{{ relation }}' then {{ loop.index }}
            {%- endfor %}
            else {{ var('crm_trust_order') | length + 1 }}
        end
    {%- endif -%}
{%- endmacro %}
