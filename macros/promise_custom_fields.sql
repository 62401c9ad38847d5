{#- Adds the custom fields to a published model's contract, which is enforced with them: by meta.custom_fields in its
    yml, `of` company or contact, `as_of` a week or as they are now only. -#}
{% macro promise_custom_fields() %}
    {%- set promised = model.config.meta.get('custom_fields', {}) -%}
    {%- for entity in promised.get('of', []) -%}
        {%- for field in custom_fields(entity) -%}
            {%- set now = [field.alias ~ '_current'] if promised.get('as_of') else [] -%}
            {%- for name in [field.alias] + now -%}
                {%- do model.columns.update({name: {
                    'name': name, 'data_type': custom_type(field.type), 'constraints': [], 'quote': none,
                }}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
