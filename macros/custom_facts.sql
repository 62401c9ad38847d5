{#- The custom fields of a `company` or a `contact` in a weekly fact, as of the week and as they are now. -#}
{% macro custom_facts(entity, relation) -%}
    {%- for field in custom_fields(entity) %}
        {%- for column in [field.alias, field.alias ~ '_current'] %}
        {%- set value = relation ~ '.' ~ column %}
        {{ "coalesce(" ~ value ~ ", 'unknown')" if field.type == 'string' else value }} as {{ column }},
        {%- endfor %}
    {%- endfor %}
{%- endmacro %}
