{#- Notes what a build was made from, when the request path is whole: the files, and what see_inputs noted. A build that
    fails before that leaves the former note, so that the next one computes the same dates again. -#}
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
