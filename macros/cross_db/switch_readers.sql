{#- Lets the views in the published schema (the target's own) read a publication that copy_marts has finished: one
    view a mart, each switched at once, and the view publication last. Then drops those that are not kept.

    name: of the publication
    kept: names of the publications that stay -#}
{% macro switch_readers(name, kept) -%}
    {{ return(adapter.dispatch('switch_readers')(name, kept)) }}
{%- endmacro %}

{% macro default__switch_readers(name, kept) -%}
    {{ not_supported('switch_readers') }}
{%- endmacro %}

{% macro spark__switch_readers(name, kept) -%}
    {%- set place = publication_schema(name) -%}
    {%- do run_query('create schema if not exists ' ~ target.schema) -%}
    {%- set marts = run_query('show tables in ' ~ place).columns['tableName'].values() | list -%}
    {%- if 'publication' not in marts -%}
        {{ exceptions.raise_compiler_error(place ~ ' is not a finished publication.') }}
    {%- endif -%}
    {%- set views = run_query('show views in ' ~ target.schema).columns['viewName'].values() | list -%}
    {%- for mart in marts | reject('equalto', 'publication') -%}
        {%- do spark__switch_view(mart, place, mart in views) -%}
    {%- endfor -%}
    {#- A view that somebody else has made in this schema is left alone. -#}
    {%- for view in views | reject('in', marts) -%}
        {%- set properties = run_query('show tblproperties ' ~ target.schema ~ '.' ~ view) -%}
        {%- if 'north_star.published' in properties.columns['key'].values() -%}
            {%- do run_query('drop view ' ~ target.schema ~ '.' ~ view) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do spark__switch_view('publication', place, 'publication' in views) -%}
    {%- set stay = [] -%}
    {%- for each in kept + [name] -%}
        {%- do stay.append(publication_schema(each)) -%}
    {%- endfor -%}
    {%- for row in run_query("show schemas like '" ~ publication_schema('*') ~ "'") -%}
        {%- if row[0] not in stay -%}
            {%- do run_query('drop schema ' ~ row[0] ~ ' cascade') -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Spark's create or replace view drops the view and creates it anew, and a reader in between finds none; alter view
    changes it in one step. -#}
{% macro spark__switch_view(mart, place, is_there) -%}
    {%- set view = target.schema ~ '.' ~ mart -%}
    {%- set query = ' as select * from ' ~ place ~ '.' ~ mart -%}
    {%- if is_there -%}
        {%- do run_query('alter view ' ~ view ~ query) -%}
    {%- else -%}
        {%- do run_query('create view ' ~ view ~ " tblproperties ('north_star.published' = 'true')" ~ query) -%}
    {%- endif -%}
{%- endmacro %}
