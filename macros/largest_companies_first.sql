{#- A number to order by that puts the bands of large companies before those of small ones, and unknown last. -#}
{% macro largest_companies_first(company_size_band) -%}
    case {{ company_size_band }}
        when '5001+' then 1
        when '1001-5000' then 2
        when '201-1000' then 3
        when '51-200' then 4
        when '11-50' then 5
        when '1-10' then 6
        else 7
    end
{%- endmacro %}
