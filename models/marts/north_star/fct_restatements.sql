-- Weeks that were published as final and are told otherwise today: from what to what,
-- and why (definition D19). The log of publications is what was told; the last step is
-- this very build.
-- One row per metric and week whose value has changed since it was first published.
with publications as (

    select * from {{ ref('stg_landing__publications') }}

),

weekly_values as (

    select * from {{ ref('fct_weekly_values') }}

),

published_weeks as (

    select
        metric,
        week_start
    from publications
    group by metric, week_start

),

told as (

    select
        metric,
        week_start,
        value,
        rows_read,
        records_read,
        rules_hash,
        published_at
    from publications
    union all
    -- A week that is not there any more has no value.
    select
        published_weeks.metric,
        published_weeks.week_start,
        weekly_values.value,
        coalesce(weekly_values.rows_read, 0),
        weekly_values.records_read,
        weekly_values.rules_hash,
        cast('9999-12-31' as timestamp)
    from published_weeks
    left join weekly_values
        on
            published_weeks.metric = weekly_values.metric
            and published_weeks.week_start = weekly_values.week_start

),

compared as (

    select
        *,
        row_number() over history as place,
        row_number() over history > 1
        and not coalesce(
            value = lag(value) over history,
            value is null and lag(value) over history is null
        ) as is_change,
        rows_read - lag(rows_read) over history as new_rows,
        coalesce(records_read - lag(records_read) over history, 0) as new_records,
        rules_hash <> lag(rules_hash) over history as has_new_rules
    from told
    window history as (partition by metric, week_start order by published_at)

),

explained as (

    select
        *,
        case when is_change and new_rows > 0 then ', late_rows' else '' end
            as late_rows,
        case when is_change and new_rows < 0 then ', removed_rows' else '' end
            as removed_rows,
        case when is_change and new_records <> 0 then ', new_resolution' else '' end
            as new_resolution,
        -- What nothing else explains is computed in another way: by a macro that has
        -- changed, for instance.
        case
            when is_change and has_new_rules then ', changed_rule'
            when is_change and new_rows = 0 and new_records = 0 then ', changed_rule'
            else ''
        end as changed_rule
    from compared

),

summed as (

    select
        metric,
        week_start,
        max(case when place = 1 then value end) as first_published_value,
        min(published_at) as first_published_at,
        max(case when published_at = cast('9999-12-31' as timestamp) then value end)
            as current_value,
        regexp_replace(
            max(late_rows) || max(removed_rows) || max(new_resolution)
            || max(changed_rule),
            '^, ',
            ''
        ) as cause,
        cast(sum(case when is_change then 1 else 0 end) as bigint) as restatements
    from explained
    group by metric, week_start

),

restated as (

    select
        *,
        current_value - first_published_value as delta
    from summed
    where restatements > 0

)

select * from restated
