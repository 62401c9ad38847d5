{#- The first time at which a curve is at or below a share, NULL if it never is: an aggregate over the rows of the
    curve. A share that is met is met, whatever the last bit of the logarithms says. -#}
{% macro time_of_survival(curve, share) -%}
    min(case when {{ curve }} <= {{ share }} + 1e-9 then duration_seconds end)
{%- endmacro %}
