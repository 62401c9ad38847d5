{#- What a change is broken down by: columns of int_unit_weeks. `of` company leaves what only tokens have, which overlap in
    a company. Custom fields count where they are texts or booleans. -#}
{% macro driver_dimensions(of='token') %}
    {%- set found = ['company_size_band', 'industry', 'plan', 'country'] -%}
    {%- if of == 'token' -%}
        {%- do found.extend(['channel', 'github_stars_band', 'sdk', 'language', 'client_kind', 'api']) -%}
    {%- endif -%}
    {%- for entity in (['company'] if of == 'company' else ['company', 'contact']) -%}
        {%- for field in custom_fields(entity) -%}
            {%- if field.type in ['string', 'boolean'] and field.alias not in found -%}
                {%- do found.append(field.alias) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
