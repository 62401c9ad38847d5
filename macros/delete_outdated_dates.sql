{#- Takes the dates that are computed by this run out of an incremental model, before their new rows come. -#}
{% macro delete_outdated_dates(dates) -%}
    {%- if is_increment() -%}
        delete from {{ this }} where {{ on_outdated_dates('event_date', dates) }}
    {%- endif -%}
{%- endmacro %}
