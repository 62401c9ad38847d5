{#- Takes what nobody looks into any more, and what is looked into again, out of an incremental model. -#}
{% macro delete_days_not_asked_for(days) -%}
    {%- if is_increment() -%}
        delete from {{ this }}
        where (token_id, event_date, activity_date) not in (
            select (token_id, event_date, activity_date) from {{ days }} where not is_outdated
        )
    {%- endif -%}
{%- endmacro %}
