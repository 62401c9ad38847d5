{#- A column as a property history's state has it; as the snapshot that held then, where HubSpot has no property for
    it or no history of that. -#}
{% macro state_or_snapshot(column, type, properties) -%}
    {%- if column in properties -%}
        case
            when states.has_{{ column }} = 1
                then {{ value_of_text('states.' ~ column, type) }}
            else snapshots.{{ column }}
        end
    {%- else -%}
        snapshots.{{ column }}
    {%- endif -%}
{%- endmacro %}
