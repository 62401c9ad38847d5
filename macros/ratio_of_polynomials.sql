{#- One polynomial over another, each a list of coefficients, that of the highest power first, by Horner's scheme. -#}
{% macro ratio_of_polynomials(coefficients, x) -%}
    {%- for polynomial in coefficients -%}
        {%- set scheme = namespace(sum=polynomial[0]) -%}
        {%- for coefficient in polynomial[1:] -%}
            {%- set scheme.sum = '(' ~ scheme.sum ~ ' * ' ~ x ~ ' + ' ~ coefficient ~ ')' -%}
        {%- endfor -%}
        {{ 'cast(' ~ scheme.sum ~ ' as ' ~ type_double() ~ ')' }}{{ ' / ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
