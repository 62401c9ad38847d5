{#- The band of the number of weeks since a unit was active for the first time. -#}
{% macro cohort_age_band(weeks) -%}
    case
        when {{ weeks }} = 0 then '0'
        when {{ weeks }} between 1 and 3 then '1-3'
        when {{ weeks }} between 4 and 12 then '4-12'
        when {{ weeks }} between 13 and 51 then '13-51'
        else '52+'
    end
{%- endmacro %}
