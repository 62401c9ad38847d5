{#- Notes what a build begins with: whose the tokens are, and by which rules. remember_build keeps the note when the
    request path is whole. -#}
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
