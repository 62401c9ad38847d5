{#- The first time at which a curve is at or below a share, NULL if it never is: an aggregate over the rows of the
    curve. -#}
{% macro time_of_survival(curve, share) -%}
    min(case when {{ curve }} <= {{ share }} then duration_seconds end)
{%- endmacro %}
