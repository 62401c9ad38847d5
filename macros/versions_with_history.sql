{#- Common table expressions that add HubSpot's property history to the snapshots that deliveries are; the last one
    is `versions`. A state is what all properties of a record were at a change of one of them; before its first
    change a property had no value, and what has no history is as in the snapshot of that time. `snapshots` and
    `history` need source_relation and the id, `history` also property_name, property_value and changed_at; `columns`
    maps columns to types, `properties` those of them that HubSpot has a property for to its name. -#}
{% macro versions_with_history(snapshots, history, id, columns, properties) -%}
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
),

{{ snapshots }}_dated as (
    {{ dated_versions(snapshots, 'source_relation, ' ~ id, read_at='synced_at') }}
),

versions as (
    select
        source_relation,
        {{ id }},
        {{ columns | join(',\n        ') }},
        content_hash,
        is_deleted,
        created_at,
        synced_at,
        version_at
    from {{ snapshots }}_dated
    union all
    select
        snapshots.source_relation,
        snapshots.{{ id }},
        {% for column, type in columns.items() -%}
        {{ state_or_snapshot(column, type, properties) }} as {{ column }},
        {% endfor -%}
        snapshots.content_hash,
        snapshots.is_deleted,
        snapshots.created_at,
        snapshots.synced_at,
        states.changed_at as version_at
    from {{ snapshots }}_dated as snapshots
    inner join {{ history }}_states as states
        on
            snapshots.source_relation = states.source_relation
            and snapshots.{{ id }} = states.{{ id }}
            and snapshots.valid_from <= states.changed_at
            and snapshots.valid_to > states.changed_at
            and snapshots.version_at <> states.changed_at
)
{%- endmacro %}
