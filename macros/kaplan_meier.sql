{#- Common table expressions of the curve of Kaplan and Meier (J. Am. Stat. Assoc. 53, 1958): the share of those who
    have not said hello at each time, who are watched no longer counting for as long as they were. `time_points`
    needs duration_seconds, n_events and n_censored once for each of `keys`; the last expression, `curve`, has n_at_risk,
    survival and its 95 % limits by the log-log transformation (Kalbfleisch and Prentice, 1980) with Greenwood's
    variance, NULL where the curve is 1 or 0. At one time events come before censorings (definition D17). -#}
{% macro kaplan_meier(time_points, keys) -%}
{%- set own = keys | join(', ') -%}
{%- set over_times_so_far -%}
over (
            partition by {{ own }}
            order by duration_seconds
            rows between unbounded preceding and current row
        )
{%- endset -%}
at_risk as (

    select
        *,
        sum(n_events + n_censored) over (
            partition by {{ own }}
            order by duration_seconds desc
            rows between unbounded preceding and current row
        ) as n_at_risk
    from {{ time_points }}

),

-- The product of 1 - n_events / n_at_risk is a sum of logarithms, which has none where
-- the last one at risk converts.
products as (

    select
        *,
        min(n_at_risk - n_events) {{ over_times_so_far }} as n_left,
        sum(
            case
                when n_events < n_at_risk
                    then ln(1 - n_events / cast(n_at_risk as {{ type_double() }}))
                else 0
            end
        ) {{ over_times_so_far }} as log_survival,
        sum(
            case
                when n_events < n_at_risk
                    then
                        n_events
                        / (cast(n_at_risk as {{ type_double() }}) * (n_at_risk - n_events))
                else 0
            end
        ) {{ over_times_so_far }} as variance
    from at_risk

),

-- To twelve digits, so that one half is one half and nothing rises by the last bit of a
-- logarithm.
curve as (

    select
        *,
        case when n_left = 0 then 0 else round(exp(log_survival), 12) end as survival,
        {% for sign, limit in [('+', 'ci_lower'), ('-', 'ci_upper')] -%}
        case
            when n_left > 0 and log_survival < 0
                then round(exp(-exp(
                    ln(-log_survival) {{ sign }} 1.959963984540054 * sqrt(variance) / -log_survival
                )), 12)
        end as {{ limit }}{{ ',' if not loop.last }}
        {% endfor %}
    from products

)
{%- endmacro %}
