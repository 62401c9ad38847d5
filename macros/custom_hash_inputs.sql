{#- The custom fields of a raw table as a content hash takes them: of type double, or of all other types. -#}
{% macro custom_hash_inputs(table, fractions=false) %}
    {%- set found = [] -%}
    {%- for type in (['double'] if fractions else ['string', 'bigint', 'boolean']) -%}
        {%- for name in custom_inputs(table, type=type) -%}
            {%- do found.append(adapter.quote(name)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{% endmacro %}
