{#- The words of a text between blanks or commas, each once, in order, with blanks between; '' for none. -#}
{% macro sorted_words(text) -%}
    {{ return(adapter.dispatch('sorted_words')(text)) }}
{%- endmacro %}

{% macro default__sorted_words(text) -%}
    {{ not_supported('sorted_words') }}
{%- endmacro %}

{% macro duckdb__sorted_words(text) -%}
    array_to_string(list_sort(list_distinct(list_filter(
        regexp_split_to_array(coalesce({{ text }}, ''), '[\s,]+'), lambda word: word <> ''
    ))), ' ')
{%- endmacro %}

{% macro spark__sorted_words(text) -%}
    array_join(array_sort(array_distinct(filter(
        split(coalesce({{ text }}, ''), '[\\s,]+'), word -> word <> ''
    ))), ' ')
{%- endmacro %}

{% macro snowflake__sorted_words(text) -%}
    array_to_string(array_sort(array_distinct(split(
        trim(regexp_replace(coalesce({{ text }}, ''), '[[:space:],]+', ' ')), ' '
    ))), ' ')
{%- endmacro %}

{% macro bigquery__sorted_words(text) -%}
    array_to_string(array(
        select distinct word
        from unnest(split(
            regexp_replace(coalesce({{ text }}, ''), '[[:space:],]+', ' '), ' '
        )) as word
        where word <> ''
        order by word
    ), ' ')
{%- endmacro %}
