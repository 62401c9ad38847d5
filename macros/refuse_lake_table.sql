{#- The one sentence that a table of somebody's lake gets where it is not what a source needs. -#}
{% macro refuse_lake_table(source, lake_table, reason) %}
    {{ exceptions.raise_compiler_error(
        'var lake_tables names ' ~ lake_table ~ ' for ' ~ source.source_name ~ '.' ~ source.name ~ ', but '
        ~ reason ~ '.'
    ) }}
{% endmacro %}
