{#- What clocks say at the watermark (definitions D17, D18): whether and when they were stopped, until when they
    were watched, and whether they belong to the distribution. `starts` needs clock_start_at, event_at (the hello
    world), censoring_deletion_at (an end of watching before it), is_left_truncated and watermark_at. -#}
{% macro read_clocks(starts) %}
    select
        *,
        status <> 'not_yet_observed' and event_at is not null as is_converted,
        case
            when status not in ('ok', 'clamped') or event_at is not null then null
            when censoring_deletion_at is not null then 'deleted'
            else 'waiting'
        end as censor_reason,
        case
            when status in ('ok', 'clamped') then greatest(seconds_on_clock, 0)
        end as duration_seconds,
        status in ('ok', 'clamped')
        {%- if var('exclude_left_truncated') %} and not is_left_truncated{% endif %}
            as is_in_distribution
    from (
        select
            *,
            case
                when clock_start_at is null or clock_start_at > watermark_at
                    then 'not_yet_observed'
                when seconds_on_clock < -{{ var('clock_skew_tolerance_seconds') }}
                    then 'anomaly'
                when seconds_on_clock < 0 then 'clamped'
                else 'ok'
            end as status
        from (
            select
                *,
                {{ seconds_between(
                    'clock_start_at',
                    'coalesce(censoring_deletion_at, event_at, watermark_at)'
                ) }} as seconds_on_clock,
                -- Who said hello or is waiting is watched to the end, who left only until
                -- then.
                {{ seconds_between(
                    'clock_start_at', 'coalesce(censoring_deletion_at, watermark_at)'
                ) }} as observed_seconds
            from {{ starts }}
            -- Without a single accepted row nobody is being watched yet.
            where watermark_at is not null
        ) as timed
    ) as judged
{% endmacro %}
