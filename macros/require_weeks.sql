{#- Refuses a var that is neither empty nor two days, the later one last. -#}
{% macro require_weeks(name) %}
    {%- set given = var(name) -%}
    {%- set day = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' -%}
    {%- set expected = 'two days, the later one last, such as "2026-10-05..2026-11-02"' -%}
    {%- if given is not string -%}
        {%- do refuse_value(name, expected) -%}
    {%- elif given -%}
        {%- if not modules.re.fullmatch(day ~ '[.][.]' ~ day, given) -%}
            {%- do refuse_value(name, expected) -%}
        {%- endif -%}
        {%- if given.split('..')[0] > given.split('..')[1] -%}
            {%- do refuse_value(name, expected) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
