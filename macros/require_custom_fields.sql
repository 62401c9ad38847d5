{#- Refuses custom fields that no table of a CRM can have, or whose names are taken. -#}
{% macro require_custom_fields(name) %}
    {%- do require_list(name) -%}
    {%- set types = {} -%}
    {%- for field in var(name) -%}
        {%- if field is not mapping or field | list | sort != ['alias', 'name', 'type'] -%}
            {%- do refuse_value(
                name, 'a list of fields with name, alias and type, such as '
                ~ '{name: hubspot.company.property_tier, alias: support_tier, type: string}'
            ) -%}
        {%- endif -%}
        {%- set parts = (field.name | string).split('.') -%}
        {%- set entity = crm_tables().get(parts[:2] | join('.')) -%}
        {%- if not entity or parts | length != 3 or parts[0] not in crm_sources() -%}
            {%- do refuse_value(
                name, 'fields of the tables of crm_sources, and ' ~ field.name
                ~ ' is none; tables are ' ~ crm_tables() | join(', ')
            ) -%}
        {%- endif -%}
        {%- if not modules.re.fullmatch('[a-z][a-z0-9]*(_[a-z0-9]+)*', field.alias | string) -%}
            {%- do refuse_value(
                name, 'fields with an alias in lower case, and ' ~ field.alias ~ ' is none'
            ) -%}
        {%- endif -%}
        {%- if field.type not in ['string', 'bigint', 'double', 'boolean'] -%}
            {%- do refuse_value(
                name, 'fields of type string, bigint, double or boolean, and the type of '
                ~ field.name ~ ' is ' ~ field.type
            ) -%}
        {%- endif -%}
        {%- set meaning = [entity, field.type] -%}
        {%- if types.setdefault(field.alias, meaning) != meaning
            or replaceable_columns().get(field.alias, field.type) != field.type
            or (entity == 'contact' and field.alias in replaceable_columns()) -%}
            {%- do refuse_value(
                name, 'fields with one meaning for an alias: ' ~ field.alias
                ~ ' is of two types, or of a company here and of a contact there'
            ) -%}
        {%- endif -%}
        {%- for model in graph.get('nodes', {}).values() if model.config.meta.get('custom_fields') -%}
            {%- if field.alias in model.columns and field.alias not in replaceable_columns() -%}
                {%- do refuse_value(
                    name, 'fields with an alias of their own: ' ~ model.name ~ ' has a column '
                    ~ field.alias ~ ' already'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
