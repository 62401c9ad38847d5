{#- Of rows with a `place`, the value of a column in the first one where `known` has any. -#}
{% macro first_known(column, known) -%}
    min_by({{ column }}, case when {{ known }} is null then 1000000 + place else place end)
{%- endmacro %}
