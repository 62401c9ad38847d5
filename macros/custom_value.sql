{#- What a raw table has under an alias of var crm_custom_fields: the first of its fields that is filled; where
    none bears the alias, `otherwise`, or nothing at all. -#}
{% macro custom_value(table, alias, type, otherwise=none) -%}
    {%- set inputs = [] -%}
    {%- for name in custom_inputs(table, alias) -%}
        {%- do inputs.append(adapter.quote(name)) -%}
    {%- endfor -%}
    {%- if inputs | length > 1 -%}
        coalesce({{ inputs | join(', ') }})
    {%- else -%}
        {{ inputs[0] or otherwise or 'cast(null as ' ~ custom_type(type) ~ ')' }}
    {%- endif -%}
{%- endmacro %}
