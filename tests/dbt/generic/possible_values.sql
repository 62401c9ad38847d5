{#- No text of a mart looks like an e-mail address (definition D28); in a fact no count and no duration is negative
    but those whose meta says `signed`, each rate is a share, and no time lies before the epoch. One query for all
    columns of a model, what crm_custom_fields adds to it included. -#}
{% test possible_values(model) %}

{%- set impossible = {} -%}
{%- for node in graph.get('nodes', {}).values() if node.name == model.identifier -%}
    {%- set is_fact = node.name.startswith('fct_') -%}
    {%- for column in node.columns.values() -%}
        {%- set name = column.name -%}
        {%- if column.data_type == 'string' -%}
            {%- do impossible.update({name: name ~ " like '%_@_%._%'"}) -%}
        {%- elif is_fact and name.endswith('_rate') and not column.config.meta.signed -%}
            {%- do impossible.update({name: 'not ' ~ name ~ ' between 0 and 1'}) -%}
        {%- elif is_fact and column.data_type in ('bigint', 'double') and not column.config.meta.signed -%}
            {%- do impossible.update({name: name ~ ' < 0'}) -%}
        {%- elif is_fact and column.data_type in ('date', 'timestamp') -%}
            {%- do impossible.update({name: name ~ " < cast('1970-01-01' as " ~ column.data_type ~ ')'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for entity in node.config.meta.get('custom_fields', {}).get('of', []) -%}
        {%- for field in custom_fields(entity) if field.type == 'string' -%}
            {%- do impossible.update({field.alias: field.alias ~ " like '%_@_%._%'"}) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor %}

select *
from (
    select
        case
            {% for name, condition in impossible.items() -%}
            when {{ condition }} then '{{ name }}'
            {% endfor %}
        end as column_name
    from {{ model }}
) as checked
where column_name is not null

{% endtest %}
