{#- The UTC timestamp at which a time zone's wall clock shows a time. -#}
{% macro zone_to_utc(local_timestamp, zone) -%}
    {{ return(adapter.dispatch('zone_to_utc')(local_timestamp, zone)) }}
{%- endmacro %}

{% macro default__zone_to_utc(local_timestamp, zone) -%}
    {{ not_supported('zone_to_utc') }}
{%- endmacro %}

{% macro duckdb__zone_to_utc(local_timestamp, zone) -%}
    timezone('UTC', timezone('{{ zone }}', {{ local_timestamp }}))
{%- endmacro %}

{% macro spark__zone_to_utc(local_timestamp, zone) -%}
    to_utc_timestamp({{ local_timestamp }}, '{{ zone }}')
{%- endmacro %}

{% macro snowflake__zone_to_utc(local_timestamp, zone) -%}
    convert_timezone('{{ zone }}', 'UTC', {{ local_timestamp }})
{%- endmacro %}

{% macro bigquery__zone_to_utc(local_timestamp, zone) -%}
    timestamp(datetime({{ local_timestamp }}), '{{ zone }}')
{%- endmacro %}

{% macro redshift__zone_to_utc(local_timestamp, zone) -%}
    convert_timezone('{{ zone }}', 'UTC', {{ local_timestamp }})
{%- endmacro %}
