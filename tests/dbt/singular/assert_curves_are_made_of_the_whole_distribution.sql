-- Each dimension splits the same people, those in the distribution, and the months add
-- up to all of them (definition D17).
with curves as (

    select
        case when cohort = 'all' then 'all' else 'months' end as cohorts,
        dimension,
        sum(n_events) as n_events,
        sum(n_censored) as n_censored
    from {{ ref('fct_ttfhw_survival') }}
    where unit = 'developer'
    group by case when cohort = 'all' then 'all' else 'months' end, dimension

),

distribution as (

    select
        sum(case when is_converted then 1 else 0 end) as converted,
        sum(case when is_converted then 0 else 1 end) as waiting
    from {{ ref('fct_time_to_first_hello_world') }}
    where is_in_distribution

)

select curves.*
from curves
cross join distribution
where
    curves.n_events <> distribution.converted
    or curves.n_censored <> distribution.waiting
