{#- Refuses a var that is not a whole number, or smaller than it may be. -#}
{% macro require_whole_number(name, at_least) %}
    {%- if var(name) is boolean or var(name) is not integer or var(name) < at_least -%}
        {%- do refuse_value(name, 'a whole number, ' ~ at_least ~ ' or more') -%}
    {%- endif -%}
{% endmacro %}
