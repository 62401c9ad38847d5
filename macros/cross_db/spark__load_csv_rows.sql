{#- Loads a seed on Spark with one statement for each batch of rows, as dbt-spark does, but asks for a column's type
    once instead of for each cell, which takes most of the time of a long list. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set casts = [] -%}
    {%- for column in agate_table.column_names -%}
        {%- set type = model.config.column_types.get(
            column, adapter.convert_type(agate_table, loop.index0)
        ) -%}
        {%- do casts.append('cast(' ~ get_binding_char() ~ ' as ' ~ type ~ ')') -%}
    {%- endfor -%}
    {%- set row_of_values = '(' ~ casts | join(', ') ~ ')' -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set bindings = [] -%}
        {%- for row in chunk -%}
            {%- do bindings.extend(row) -%}
        {%- endfor -%}
        {%- set sql = 'insert into ' ~ this.render() ~ ' values '
            ~ ([row_of_values] * (chunk | length)) | join(', ') -%}
        {%- do adapter.add_query(sql, bindings=bindings, abridge_sql_log=True) -%}
        {%- do statements.append(sql) -%}
    {%- endfor -%}
    {{ return(statements[0] if statements else '') }}
{%- endmacro %}
