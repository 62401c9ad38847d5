{#- Refuses a var on the command line that the project does not have: dbt itself would ignore it. -#}
{% macro require_known_vars() %}
    {%- for name in invocation_args_dict.get('vars') or {} -%}
        {%- if name not in known_vars() -%}
            {{ exceptions.raise_compiler_error(
                'var ' ~ name ~ ' is given on the command line, but the project has none of that '
                ~ 'name; it has ' ~ known_vars() | join(', ') ~ '.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
