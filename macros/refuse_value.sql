{#- The one sentence that a wrong var gets. -#}
{% macro refuse_value(name, expected) %}
    {{ exceptions.raise_compiler_error(
        'var ' ~ name ~ ' is ' ~ (var(name) | tojson) ~ ', but has to be ' ~ expected ~ '.'
    ) }}
{% endmacro %}
