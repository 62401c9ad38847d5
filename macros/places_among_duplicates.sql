{#- Requests with their places among the rows of the same request: the same id, or the same content where there is
    none, from one source on one UTC date (definition D20). Without an id, equal rows of one file are requests of
    their own, and the same rows in the same number in another file are their second delivery. A malformed
    row never hides a good one. -#}
{% macro places_among_duplicates(requests) -%}
    select
        *,
        row_number() over (
            partition by
                is_malformed, source, event_date, request_id is null, duplicate_key
            order by requested_at, content_hash, file_hash, file_row_number
        ) as place_among_duplicates
    from (
        select
            *,
            coalesce(
                request_id,
                content_hash || ':' || cast(
                    row_number() over (
                        partition by source, file_hash, request_id, content_hash
                        order by file_row_number
                    ) as {{ dbt.type_string() }}
                )
            ) as duplicate_key
        from {{ requests }}
    ) as keyed
{%- endmacro %}
