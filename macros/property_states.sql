{#- Common table expressions that turn HubSpot's property history into states: what all properties of a record
    were at each change of one of them. `history` needs source_relation, the id, property_name, property_value and
    changed_at; `properties` maps columns to names of properties. The last expression, `<history>_states`, has a
    text for each column, and has_<column> = 1 where the property has a history. Before its first change a property
    had no value. -#}
{% macro property_states(history, id, properties) -%}
{{ history }}_known as (
    select
        source_relation,
        {{ id }},
        property_name,
        changed_at,
        max(property_value) as property_value
    from {{ history }}
    where property_name in ('{{ properties.values() | unique | join("', '") }}')
    group by source_relation, {{ id }}, property_name, changed_at
),

{{ history }}_spans as (
    select
        source_relation,
        {{ id }},
        property_name,
        property_value,
        changed_at as valid_from,
        coalesce(
            lead(changed_at) over (
                partition by source_relation, {{ id }}, property_name order by changed_at
            ),
            cast('9999-12-31' as timestamp)
        ) as valid_to
    from {{ history }}_known
    union all
    select
        source_relation,
        {{ id }},
        property_name,
        null as property_value,
        cast('1900-01-01' as timestamp) as valid_from,
        min(changed_at) as valid_to
    from {{ history }}_known
    group by source_relation, {{ id }}, property_name
),

{{ history }}_changes as (
    select distinct
        source_relation,
        {{ id }},
        changed_at
    from {{ history }}_known
),

{{ history }}_states as (
    select
        changes.source_relation,
        changes.{{ id }},
        {%- for column, property in properties.items() %}
        max(case when spans.property_name = '{{ property }}' then spans.property_value end)
            as {{ column }},
        max(case when spans.property_name = '{{ property }}' then 1 end) as has_{{ column }},
        {%- endfor %}
        changes.changed_at
    from {{ history }}_changes as changes
    inner join {{ history }}_spans as spans
        on
            changes.source_relation = spans.source_relation
            and changes.{{ id }} = spans.{{ id }}
            and changes.changed_at >= spans.valid_from
            and changes.changed_at < spans.valid_to
    group by changes.source_relation, changes.{{ id }}, changes.changed_at
)
{%- endmacro %}
