{#- Statements that note what a build is made from: int_landed_dates when it begins, as ..._seen, and
    int_requests_looked_into when the request path is whole. A build that fails between the two leaves the
    former note, so that the next one computes the same dates again. -#}
{% macro see_inputs(owners) -%}
    {%- if increments() == 'incremental' and execute -%}
        create or replace table {{ this.schema }}.last_build__owners_seen as
        select token_id, developer_id, environment, is_internal, valid_from, valid_to from {{ owners }};
        create or replace table {{ this.schema }}.last_build__rules_seen as
        select * from (values
            {% for name, hash in request_rules().items() -%}
            ('{{ name }}', '{{ hash }}'){% if not loop.last %},{% endif %}
            {% endfor -%}
        ) as rules (name, hash)
    {%- endif -%}
{%- endmacro %}

{% macro remember_build(landed_dates, days) -%}
    {%- if increments() == 'incremental' -%}
        create or replace table {{ this.schema }}.last_build__files as
        select file_hash, event_date, rows_there from {{ landed_dates }} where rows_there > 0;
        create or replace table {{ this.schema }}.last_build__owners as
        select * from {{ this.schema }}.last_build__owners_seen;
        create or replace table {{ this.schema }}.last_build__rules as
        select * from {{ this.schema }}.last_build__rules_seen;
        create or replace table {{ this.schema }}.last_build__days as
        select token_id, event_date, activity_date from {{ days }}
    {%- endif -%}
{%- endmacro %}
