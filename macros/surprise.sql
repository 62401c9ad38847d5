{#- How much the share of a segment differs from what it was, in nats: its term of the divergence of Jensen and Shannon
    between the shares before and now, as in Adtributor (R. Bhagwan et al., "Adtributor: Revenue Debugging in Advertising
    Systems", NSDI 2014, section 3.3). To twelve digits, so that equal ones are equal on every engine. -#}
{% macro surprise(previous_share, share) -%}
    {%- set middle = '(' ~ previous_share ~ ' + ' ~ share ~ ')' -%}
    round(
        {%- for one in [previous_share, share] %}
        case
            when {{ one }} > 0 then 0.5 * {{ one }} * ln(2 * {{ one }} / {{ middle }})
            else 0
        end{{ ' +' if not loop.last }}
        {%- endfor %},
        12
    )
{%- endmacro %}
