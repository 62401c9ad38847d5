{#- No row lacks a value in a column that is constrained to be not null: for tables under contract DuckDB itself
    refuses such a row, for views and on Spark nobody does. One query for all columns of a model. -#}
{% test not_null_constraints(model) %}

{%- set columns = [] -%}
{%- for node in graph.get('nodes', {}).values() if node.name == model.identifier -%}
    {%- for column in node.columns.values() -%}
        {%- if 'not_null' in column.constraints | map(attribute='type') -%}
            {%- do columns.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endfor %}

select {{ columns | join(', ') }}
from {{ model }}
where {{ columns | join(' is null or ') }} is null

{% endtest %}
