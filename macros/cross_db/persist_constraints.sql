{#- dbt-spark would constrain the columns of every table, but only Delta holds constraints, Parquet does not: there
    the test not_null_constraints is what looks. -#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- if config.get('file_format') == 'delta' -%}
        {{ return(dbt_spark.spark__persist_constraints(relation, model)) }}
    {%- endif -%}
{%- endmacro %}
