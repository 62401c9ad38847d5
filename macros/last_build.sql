{#- What the request path (int_token_days and int_requests_looked_into) was last built from: by name, the tables that
    int_requests_looked_into leaves when it is done. Nothing without all of them, or without the tables that they
    tell of: then every date is computed. -#}
{% macro last_build() -%}
    {%- set found = {} -%}
    {%- for name in ['files', 'owners', 'rules', 'days'] -%}
        {%- do found.update({name: built_state('last_build__' ~ name)}) -%}
    {%- endfor -%}
    {%- for name in ['int_token_days', 'int_requests_looked_into'] -%}
        {%- do found.update({name: built_state(name)}) -%}
    {%- endfor -%}
    {{ return(found if none not in found.values() | list else none) }}
{%- endmacro %}
