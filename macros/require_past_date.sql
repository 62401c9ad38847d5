{#- Refuses a var that is not a day of the calendar, or one that is yet to come. -#}
{% macro require_past_date(name) %}
    {%- set given = var(name) | string -%}
    {%- set expected = 'a date such as "2000-01-01"' -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', given) -%}
        {%- do refuse_value(name, expected) -%}
    {%- endif -%}
    {%- set year, month, day = given.split('-') | map('int') -%}
    {%- set is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
    {%- set days = [31, 29 if is_leap_year else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {%- if year == 0 or not 1 <= month <= 12 or not 1 <= day <= days[month - 1] -%}
        {%- do refuse_value(name, expected) -%}
    {%- endif -%}
    {%- if given > run_started_at.strftime('%Y-%m-%d') -%}
        {%- do refuse_value(name, 'a date that is not in the future') -%}
    {%- endif -%}
{% endmacro %}
