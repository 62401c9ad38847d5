{#- The two effects that the contribution of a segment to the change of a rate consists of, rate_effect and mix_effect
    (definition D24): its own rate has changed, which counts for its share of now; and its share has changed, which counts
    for as much as its rate was above or below the rate of all. A segment that is missing in one of the weeks has its rate of the
    other: what it changes is the mix. Over all segments both add up to the change of the rate. -#}
{% macro rate_effects(rate, previous_rate, share, previous_share, previous_total_rate) -%}
    {{ share }}
        * (coalesce({{ rate }}, {{ previous_rate }}) - coalesce({{ previous_rate }}, {{ rate }}))
        as rate_effect,
        ({{ share }} - {{ previous_share }})
        * (coalesce({{ previous_rate }}, {{ rate }}) - {{ previous_total_rate }})
        as mix_effect
{%- endmacro %}
