{#- Whether a logged request cannot be true (definition D7): nothing is known of one without a time or a status, and one
    bad clock must not move the first week or the watermark. -#}
{% macro is_malformed_request(requested_at='requested_at', status_code='status_code') -%}
    coalesce(
        {{ requested_at }} > {{ days_after('landed_at', 1) }}
        or {{ requested_at }} < cast('{{ var("tracking_starts_at") }}' as timestamp)
        or {{ status_code }} not between 100 and 599,
        true
    )
{%- endmacro %}
