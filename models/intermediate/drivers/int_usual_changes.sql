-- How much each metric usually changes: the median of the changes of the weeks before
-- (var noise_weeks), and how far they are from it, as the median of the distances, too,
-- so that one extraordinary week does not make the next one look ordinary. 1.4826 such
-- distances are a standard deviation of what is normally distributed (F. R. Hampel,
-- J. Am. Stat. Assoc. 69, 1974).
-- One row per metric, comparison and week that has weeks before it.
{% set keys = ['metric', 'comparison', 'week_start'] %}
with changes as (

    select
        metric,
        comparison,
        week_start,
        contribution as change,
        row_number() over (
            partition by metric, comparison order by week_start
        ) as place
    from {{ ref('int_contributions') }}
    where dimension = 'all'

),

earlier_changes as (

    select
        changes.metric,
        changes.comparison,
        changes.week_start,
        earlier.change
    from changes
    inner join changes as earlier
        on
            changes.metric = earlier.metric
            and changes.comparison = earlier.comparison
            and changes.place > earlier.place
            and changes.place <= earlier.place + {{ var('noise_weeks') }}

),

centres as (

    {{ medians_of('earlier_changes', keys, 'change') }}

),

distances as (

    select
        earlier_changes.metric,
        earlier_changes.comparison,
        earlier_changes.week_start,
        abs(earlier_changes.change - centres.median) as distance
    from earlier_changes
    inner join centres
        on
            earlier_changes.metric = centres.metric
            and earlier_changes.comparison = centres.comparison
            and earlier_changes.week_start = centres.week_start

),

spreads as (

    {{ medians_of('distances', keys, 'distance') }}

)

select
    centres.metric,
    centres.comparison,
    centres.week_start,
    cast(centres.number_of_values as bigint) as compared_weeks,
    centres.median as usual_change,
    1.4826 * spreads.median as usual_deviation
from centres
inner join spreads
    on
        centres.metric = spreads.metric
        and centres.comparison = spreads.comparison
        and centres.week_start = spreads.week_start
