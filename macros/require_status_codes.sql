{#- Refuses a var that is not a list of HTTP status codes, or that takes a refusal for a success. -#}
{% macro require_status_codes(name) %}
    {%- do require_list(name) -%}
    {%- for code in var(name) -%}
        {%- if code is boolean or code is not integer or not 100 <= code <= 599 -%}
            {%- do refuse_value(name, 'a list of whole numbers from 100 to 599') -%}
        {%- elif code in [401, 403] -%}
            {%- do refuse_value(name, 'a list without 401 and 403, which prove nothing') -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
