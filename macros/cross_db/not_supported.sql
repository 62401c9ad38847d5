{#- Stops the build instead of handing one engine's SQL to another. -#}
{% macro not_supported(macro_name) -%}
    {{ exceptions.raise_compiler_error(
        "The macro " ~ macro_name ~ " is not supported on " ~ target.type
        ~ "; add " ~ target.type ~ "__" ~ macro_name
        ~ " to macros/cross_db/" ~ macro_name ~ ".sql."
    ) }}
{%- endmacro %}
