{#- Stops a build that would put dates computed by new rules beside dates computed by old ones. -#}
{% macro refuse_changed_rules() -%}
    {%- set built = last_build() if execute and flags.WHICH in ('run', 'build') else none -%}
    {%- if built -%}
        {%- set changed = [] -%}
        {%- set before = {} -%}
        {%- for row in run_query('select name, hash from ' ~ built.rules).rows -%}
            {%- do before.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- set rules = request_rules() -%}
        {%- for name in (rules.keys() | list + before.keys() | list) | unique | sort -%}
            {%- if rules.get(name) != before.get(name) -%}
                {%- do changed.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if changed -%}
            {{ exceptions.raise_compiler_error(
                "The days of tokens were computed by other rules: " ~ changed | join(', ')
                ~ " changed since, so all of them have to be computed again: make build FULL=yes "
                ~ "(in development: dbt build --full-refresh)."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
