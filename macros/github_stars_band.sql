{#- The band of a number of stars; no number is unknown (definition D13). -#}
{% macro github_stars_band(stars) -%}
    case
        when {{ stars }} = 0 then '0'
        when {{ stars }} between 1 and 9 then '1-9'
        when {{ stars }} between 10 and 99 then '10-99'
        when {{ stars }} between 100 and 999 then '100-999'
        when {{ stars }} >= 1000 then '1000+'
        else 'unknown'
    end
{%- endmacro %}
