{#- Refuses an order of CRMs that names one twice, or one that is not switched on. -#}
{% macro require_crm_trust_order(name) %}
    {%- do require_sources(name) -%}
    {%- for relation in var(name) -%}
        {%- set kinds = [] -%}
        {%- for crm_source in crm_sources() -%}
            {%- if modules.re.fullmatch(crm_source ~ '(_[a-z0-9]+)*', relation | string) -%}
                {%- do kinds.append(crm_source) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not kinds -%}
            {%- do refuse_value(
                name, 'only CRMs that crm_sources lists (' ~ crm_sources() | join(', ')
                ~ '), or folders of theirs such as ' ~ crm_sources()[0] ~ '_emea'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
