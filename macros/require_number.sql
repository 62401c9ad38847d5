{#- Refuses a var that is not a number, smaller than `least`, or greater than `most` where there is one. -#}
{% macro require_number(name, least, most) %}
    {%- set value = var(name) -%}
    {%- if value is boolean or value is not number or value < least or (most is not none and value > most) -%}
        {%- do refuse_value(
            name, 'a number, ' ~ least ~ ' or more' if most is none else 'a share from ' ~ least ~ ' to ' ~ most
        ) -%}
    {%- endif -%}
{% endmacro %}
