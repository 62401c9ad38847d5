-- In the distribution a row has a duration that is not negative and is either converted
-- or censored for a reason; outside it has neither duration nor reason (definitions
-- D17, D18).
select *
from {{ ref('fct_time_to_first_hello_world') }}
where
    case
        when status in ('ok', 'clamped')
            then
                duration_seconds is null
                or duration_seconds < 0
                or is_converted = (censor_reason is not null)
        else
            duration_seconds is not null
            or censor_reason is not null
            or is_in_distribution
    end
