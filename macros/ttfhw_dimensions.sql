{#- What the time to first hello world is broken down by: columns of int_ttfhw_units. -#}
{% macro ttfhw_dimensions() %}
    {{ return([
        'channel', 'company_size_band', 'industry', 'plan', 'country', 'github_stars_band', 'sdk', 'language',
        'client_kind', 'greenfield',
    ]) }}
{% endmacro %}
