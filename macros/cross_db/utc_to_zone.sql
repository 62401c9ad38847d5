{#- The wall clock of a time zone at a UTC timestamp. -#}
{% macro utc_to_zone(utc_timestamp, zone) -%}
    {{ return(adapter.dispatch('utc_to_zone')(utc_timestamp, zone)) }}
{%- endmacro %}

{% macro default__utc_to_zone(utc_timestamp, zone) -%}
    {{ not_supported('utc_to_zone') }}
{%- endmacro %}

{% macro duckdb__utc_to_zone(utc_timestamp, zone) -%}
    timezone('{{ zone }}', timezone('UTC', {{ utc_timestamp }}))
{%- endmacro %}

{% macro spark__utc_to_zone(utc_timestamp, zone) -%}
    from_utc_timestamp({{ utc_timestamp }}, '{{ zone }}')
{%- endmacro %}

{% macro snowflake__utc_to_zone(utc_timestamp, zone) -%}
    convert_timezone('UTC', '{{ zone }}', {{ utc_timestamp }})
{%- endmacro %}

{% macro bigquery__utc_to_zone(utc_timestamp, zone) -%}
    timestamp(datetime({{ utc_timestamp }}, '{{ zone }}'))
{%- endmacro %}

{% macro redshift__utc_to_zone(utc_timestamp, zone) -%}
    convert_timezone('UTC', '{{ zone }}', {{ utc_timestamp }})
{%- endmacro %}
