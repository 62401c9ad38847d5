-- What a segment contributes is what it won less what it lost; for a rate and for
-- requests also the effects of the rate and of the mix (definition D24).
with drivers as (

    select
        *,
        new
        + resurrected
        + switched_in
        + coalesce(expanded, 0)
        - churned
        - switched_out
        - coalesce(contracted, 0) as of_parts,
        rate_effect + mix_effect as of_effects,
        metric in ('converted_7d_rate', 'tokens_per_company') as is_rate
    from {{ ref('fct_north_star_drivers_weekly') }}

)

select *
from drivers
where
    (not is_rate and contribution <> value - previous_value)
    or (not is_rate and coalesce(of_parts <> contribution, true))
    or (is_rate and coalesce(abs(of_effects - contribution) > 1e-9, true))
    or (
        metric = 'qualified_requests'
        and coalesce(abs(of_effects - contribution) > 1e-6, true)
    )
    -- Where there is one segment nobody can change it.
    or (
        dimension = 'all'
        and metric <> 'qualified_requests'
        and switched_in + switched_out <> 0
    )
