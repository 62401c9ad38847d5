{#- Of rows with a `place`, the value of a column in the first one where `known` has any; nothing where none has. -#}
{% macro first_known(column, known) -%}
    case
        when count({{ known }}) > 0
            then min_by({{ column }}, case when {{ known }} is null then 1000000 + place else place end)
    end
{%- endmacro %}
