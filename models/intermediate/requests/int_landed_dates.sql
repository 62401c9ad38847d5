-- Which UTC dates the landed files of the logs hold rows of, and which of them this run
-- has to compute: those where files came or went since the last build, whose tokens
-- have another owner now, or which somebody names (var rebuild_weeks). All of them
-- where nothing was built before.
-- One row per file and date; a file that is gone keeps one for the run that notices.
{{ config(
    materialized='table', post_hook="{{ see_inputs(ref('int_token_owners')) }}"
) }}
{%- do refuse_changed_rules() -%}
{%- set built = last_build() -%}
{%- set quoted_sources = "'" ~ log_sources() | join("', '") ~ "'" %}
with file_dates as (

    select * from {{ ref('stg_landing__file_dates') }}
    where source in ({{ quoted_sources }})

),

removals as (

    select * from {{ ref('stg_landing__removals') }}

),

landed as (

    select
        file_dates.file_hash,
        file_dates.event_date,
        cast(
            max(file_dates.rows_landed) - coalesce(sum(removals.rows_removed), 0)
            as bigint
        ) as rows_there
    from file_dates
    left join removals
        on
            file_dates.file_hash = removals.file_hash
            and file_dates.event_date = removals.event_date
            and file_dates.landed_at < removals.removed_at
    group by file_dates.file_hash, file_dates.event_date

){% if not built %}

select
    file_hash,
    event_date,
    rows_there,
    true as is_outdated
from landed
{%- else %},

built as (

    select * from {{ built.files }}

),

owners_that_differ as (

    {{ stretches_that_differ(built.owners, ref('int_token_owners')) }}

),

dates_of_other_owners as (

    select distinct token_days.event_date
    from {{ built.int_token_days }} as token_days
    inner join owners_that_differ
        on
            token_days.token_id = owners_that_differ.token_id
            and token_days.last_requested_at >= owners_that_differ.valid_from
            and token_days.first_requested_at < owners_that_differ.valid_to

),

compared as (

    select
        coalesce(landed.file_hash, built.file_hash) as file_hash,
        coalesce(landed.event_date, built.event_date) as event_date,
        coalesce(landed.rows_there, 0) as rows_there,
        coalesce(landed.rows_there, 0) <> coalesce(built.rows_there, 0) as is_changed
    from landed
    full outer join built
        on
            landed.file_hash = built.file_hash
            and landed.event_date = built.event_date

)

select
    compared.file_hash,
    compared.event_date,
    compared.rows_there,
    compared.is_changed
    or dates_of_other_owners.event_date is not null
    or {{ in_weeks_to_rebuild('compared.event_date') }} as is_outdated
from compared
left join dates_of_other_owners
    on compared.event_date = dates_of_other_owners.event_date
{%- endif %}
