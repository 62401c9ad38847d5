{#- For which times a token's owner, environment or being internal is another than it was. -#}
{% macro stretches_that_differ(owners_before, owners_now) -%}
    select
        owners_before.token_id,
        greatest(owners_before.valid_from, owners_now.valid_from) as valid_from,
        least(owners_before.valid_to, owners_now.valid_to) as valid_to
    from {{ owners_before }} as owners_before
    inner join {{ owners_now }} as owners_now
        on
            owners_before.token_id = owners_now.token_id
            and owners_before.valid_from < owners_now.valid_to
            and owners_now.valid_from < owners_before.valid_to
    where
        coalesce(owners_before.developer_id, '') <> coalesce(owners_now.developer_id, '')
        or coalesce(owners_before.environment, '') <> coalesce(owners_now.environment, '')
        or owners_before.is_internal <> owners_now.is_internal
    {%- for present, absent in [(owners_before, owners_now), (owners_now, owners_before)] %}
    union all
    select
        present.token_id,
        present.valid_from,
        present.valid_to
    from {{ present }} as present
    left join {{ absent }} as absent
        on present.token_id = absent.token_id
    where absent.token_id is null
    {%- endfor %}
{%- endmacro %}
