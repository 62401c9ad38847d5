{#- A table beside a model that holds what an earlier build was made from; nothing where there is none, or where all
    is to be built again. Its name is not a ref: what a build was made from is known when it has ended, and read when
    the next one begins. -#}
{% macro built_state(name) -%}
    {%- if not execute or model.config.materialized == 'unit' or flags.FULL_REFRESH or increments() != 'incremental' -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(database=this.database, schema=this.schema, identifier=name)) }}
{%- endmacro %}
