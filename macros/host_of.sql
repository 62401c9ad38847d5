{#- The host of an address that people paste or browsers send, in lower case, without scheme, www., port and
    path: https://www.Example.com:8080/about is example.com. -#}
{% macro host_of(address) -%}
    regexp_replace(
        regexp_replace(
            lower(trim({{ address }})),
            '^(([a-z][a-z0-9+.-]*:)?//)?(www[.])?', ''
        ),
        '[/:?#].*$', ''
    )
{%- endmacro %}
