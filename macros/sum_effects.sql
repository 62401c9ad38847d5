{#- The two effects that the change of a sum consists of, a sum being a number of units times their mean, as M. Halford
    separates them in "KPI evolution decomposition" (maxhalford.github.io, 2022): rate_effect is what the mean has changed,
    for as many units as before; mix_effect is what the number of units has changed, at the mean of now. Where there are none
    in one of the weeks, their mean is that of the other. -#}
{% macro sum_effects(value, previous_value, units, previous_units) -%}
    {%- set mean = '(' ~ value ~ ' / nullif(cast(' ~ units ~ ' as ' ~ type_double() ~ '), 0))' -%}
    {%- set previous_mean = '(' ~ previous_value ~ ' / nullif(cast(' ~ previous_units ~ ' as '
        ~ type_double() ~ '), 0))' -%}
    {{ previous_units }}
        * (coalesce({{ mean }}, {{ previous_mean }}) - coalesce({{ previous_mean }}, {{ mean }}))
        as rate_effect,
        ({{ units }} - {{ previous_units }}) * coalesce({{ mean }}, {{ previous_mean }}) as mix_effect
{%- endmacro %}
