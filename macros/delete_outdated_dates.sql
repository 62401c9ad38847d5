{#- Takes the dates that are computed by this run out of an incremental model, before their new rows come. -#}
{% macro delete_outdated_dates(dates) -%}
    {%- if is_increment() -%}
        delete from {{ this }} where {{ on_outdated_dates('event_date', dates) }}
    {%- endif -%}
{%- endmacro %}

{#- The same with what nobody looks into any more. -#}
{% macro delete_days_not_asked_for(days) -%}
    {%- if is_increment() -%}
        delete from {{ this }}
        where (token_id, event_date, activity_date) not in (
            select (token_id, event_date, activity_date) from {{ days }} where not is_outdated
        )
    {%- endif -%}
{%- endmacro %}
