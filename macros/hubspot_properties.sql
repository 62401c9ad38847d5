{#- HubSpot's names of the properties behind columns: `usual`, with what var crm_custom_fields adds or replaces.
    Columns of the files have a loader's prefix, the history has none. -#}
{% macro hubspot_properties(table, usual) %}
    {%- set found = dict(usual) -%}
    {%- for field in var('crm_custom_fields') if field.name.startswith(table ~ '.') -%}
        {%- set column = field.name[table | length + 1:] -%}
        {%- do found.update(
            {field.alias: modules.re.sub('^(property|properties)_', '', column)}
        ) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
