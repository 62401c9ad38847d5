{#- Models that the request path reads and that say themselves what changed in them, or are computed anew by
    every run. -#}
{% macro own_inputs() -%}
    {{ return(['int_token_owners', 'int_landed_dates', 'int_token_days_looked_into', 'stg_landing__repeats']) }}
{%- endmacro %}
