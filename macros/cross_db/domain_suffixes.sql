{#- One row for each suffix of a domain at a label boundary, itself included: a.b.com, b.com, com. -#}
{% macro domain_suffixes(domain) -%}
    {{ return(adapter.dispatch('domain_suffixes')(domain)) }}
{%- endmacro %}

{% macro default__domain_suffixes(domain) -%}
    {{ not_supported('domain_suffixes') }}
{%- endmacro %}

{% macro duckdb__domain_suffixes(domain) -%}
    unnest(list_transform(
        range(1, len(string_split({{ domain }}, '.')) + 1),
        lambda label: array_to_string(string_split({{ domain }}, '.')[label:], '.')
    ))
{%- endmacro %}

{% macro spark__domain_suffixes(domain) -%}
    explode(transform(
        sequence(1, size(split({{ domain }}, '[.]'))),
        label -> array_join(
            slice(split({{ domain }}, '[.]'), label, size(split({{ domain }}, '[.]'))), '.'
        )
    ))
{%- endmacro %}
