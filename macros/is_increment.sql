{#- Whether a model is added to. A unit test has no table that could be added to: dbt's own question fails there when a
    macro asks it. -#}
{% macro is_increment() -%}
    {{ return(execute and model.config.materialized == 'incremental' and is_incremental()) }}
{%- endmacro %}
