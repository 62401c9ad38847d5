{#- The one sentence that a wrong var gets. YAML reads a date without quotes as a date, which is no JSON. -#}
{% macro refuse_value(name, expected) %}
    {%- set given = var(name) -%}
    {%- set shown = given | string if given.isoformat is defined else given | tojson -%}
    {{ exceptions.raise_compiler_error(
        'var ' ~ name ~ ' is ' ~ shown ~ ', but has to be ' ~ expected ~ '.'
    ) }}
{% endmacro %}
