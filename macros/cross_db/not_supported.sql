{#- Stops the build instead of handing one engine's SQL to another. What does not need it is built: while dbt
    only reads the project, nothing is said yet. -#}
{% macro not_supported(macro_name) -%}
    {%- if execute -%}
        {{ exceptions.raise_compiler_error(
            "The macro " ~ macro_name ~ " is not supported on " ~ target.type
            ~ "; add " ~ target.type ~ "__" ~ macro_name
            ~ " to macros/cross_db/" ~ macro_name ~ ".sql."
        ) }}
    {%- endif -%}
{%- endmacro %}
