-- Whether a log has as many rows of a date as usual: as the median of the same weekday
-- in the weeks before (var volume_weeks), give or take what these are usually away from
-- it, so that an outage among them moves neither. The band is never narrower than a
-- share of the median, nor than chance alone spreads a count: about its square root.
-- One row per log source and UTC date, from the first to the last before the newest.
{% set keys = ['source', 'event_date'] -%}
with volumes as (

    select * from {{ ref('int_log_volumes_daily') }}

),

-- Each date is one that those of the same weekday after it are compared with.
compared as (

    select
        source,
        landed_rows,
        {{ dates_between(
            'cast(' ~ days_after('event_date', 7) ~ ' as date)',
            'cast(' ~ days_after('event_date', 7 * var('volume_weeks')) ~ ' as date)',
            7
        ) }} as event_date
    from volumes

),

centres as (

    {{ medians_of('compared', keys, 'landed_rows') }}

),

distances as (

    select
        compared.source,
        compared.event_date,
        abs(compared.landed_rows - centres.median) as distance
    from compared
    inner join centres
        on
            compared.source = centres.source
            and compared.event_date = centres.event_date

),

spreads as (

    {{ medians_of('distances', keys, 'distance') }}

),

-- Too few dates make no band.
bands as (

    select
        centres.source,
        centres.event_date,
        cast(centres.number_of_values as bigint) as compared_dates,
        centres.median as usual_rows,
        case
            when centres.number_of_values >= {{ var('least_volume_weeks') }}
                then greatest(
                    {{ var('volume_deviations') }} * 1.4826 * spreads.median,
                    {{ var('volume_deviations') }} * sqrt(greatest(centres.median, 1)),
                    {{ var('least_volume_change') }} * centres.median
                )
        end as half_band
    from centres
    inner join spreads
        on
            centres.source = spreads.source
            and centres.event_date = spreads.event_date

)

select
    volumes.source,
    volumes.event_date,
    volumes.landed_rows,
    coalesce(bands.compared_dates, 0) as compared_dates,
    bands.usual_rows,
    bands.usual_rows - bands.half_band as usual_low,
    bands.usual_rows + bands.half_band as usual_high,
    abs(volumes.landed_rows - bands.usual_rows) <= bands.half_band as is_usual
from volumes
left join bands
    on
        volumes.source = bands.source
        and volumes.event_date = bands.event_date
