{#- The part of a text between separators, counted from 1; '' where it has fewer. -#}
{% macro part_of(text, separator, place) -%}
    {{ return(adapter.dispatch('part_of')(text, separator, place)) }}
{%- endmacro %}

{% macro default__part_of(text, separator, place) -%}
    {{ not_supported('part_of') }}
{%- endmacro %}

{% macro duckdb__part_of(text, separator, place) -%}
    split_part({{ text }}, '{{ separator }}', {{ place }})
{%- endmacro %}

{% macro spark__part_of(text, separator, place) -%}
    split_part({{ text }}, '{{ separator }}', {{ place }})
{%- endmacro %}

{% macro snowflake__part_of(text, separator, place) -%}
    split_part({{ text }}, '{{ separator }}', {{ place }})
{%- endmacro %}

{% macro bigquery__part_of(text, separator, place) -%}
    case
        when {{ text }} is not null
            then coalesce(split({{ text }}, '{{ separator }}')[safe_ordinal({{ place }})], '')
    end
{%- endmacro %}

{% macro redshift__part_of(text, separator, place) -%}
    split_part({{ text }}, '{{ separator }}', {{ place }})
{%- endmacro %}
