{#- The versions of a thing with the time each was valid: from its version_at to the next one's. The first
    reaches back to the beginning; of two versions with one version_at the one with the smaller content
    hash counts (definitions D12, D13); of a CRM's records the one that its loader read last (`read_at`), for
    deleting a record does not move its own date. -#}
{% macro dated_versions(relation, key, read_at=none) %}
    select
        *,
        case
            when lag(version_at) over versions is null
                then cast('1900-01-01' as timestamp)
            else version_at
        end as valid_from,
        coalesce(
            lead(version_at) over versions, cast('9999-12-31' as timestamp)
        ) as valid_to,
        lag(version_at) over versions is null as is_first,
        lead(version_at) over versions is null as is_latest
    from (
        select
            *,
            row_number() over (
                partition by {{ key }}, version_at
                order by
                    {% if read_at -%}
                    coalesce({{ read_at }}, cast('1900-01-01' as timestamp)) desc,
                    {% endif -%}
                    content_hash asc
            ) as place_among_ties
        from {{ relation }}
    ) as ranked
    where place_among_ties = 1
    window versions as (partition by {{ key }} order by version_at)
{% endmacro %}
