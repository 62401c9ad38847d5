-- A slot is one developer's one application in one environment: the place that keys are made for,
-- one after the other. It works from its first successful call (never, for those who do not get
-- there) until its use ends. weekly_rate: calls in a usual week; presence: the share of weeks with
-- any.
create table slots as
with people as (
    select
        *,
        uniform('starts_in_sandbox', person) < 0.7 and not is_crew as starts_in_sandbox,
        converts
        and (
            not starts_in_sandbox or is_clamped or is_anomaly
            or uniform('goes_live', person) < 0.62
        ) as has_production
    from developers
    where converts or uniform('makes_key', person) < if(is_campaign, 0.8, 0.65)
),

first_slots as (
    select
        person,
        1 as slot_number,
        1 as application,
        if(starts_in_sandbox, 'sandbox', 'production') as environment,
        case
            when delay_seconds < 0 then signed_up_at
            when converts
                then later(signed_up_at, delay_seconds * (0.1 + 0.4 * uniform('key_made', person)))
            else later(signed_up_at, 7200 * exp(1.8 * normal('key_made', person)))
        end as created_at,
        first_success_at as works_from
    from people
),

production_slots as (
    select
        person,
        2 as slot_number,
        1 as application,
        'production' as environment,
        later(first_success_at, 432000 * exp(1.3 * normal('goes_live_after', person))) as works_from
    from people
    where has_production and starts_in_sandbox
),

more_slots as (
    select
        person,
        slot_number,
        slot_number - 1 as application,
        'production' as environment,
        later(
            first_success_at,
            864000 + 5184000 * exp(0.9 * normal('grows_after', person || '/' || slot_number))
        ) as works_from
    from people
    inner join (values (3, 0.24), (4, 0.09)) as chances (slot_number, chance)
        on people.has_production
        and uniform('grows', person || '/' || slot_number) < chances.chance
),

slots as (
    select * from first_slots
    union all by name
    select
        *,
        later(works_from, -600 * exp(1.5 * normal('key_before', person || '/' || slot_number)))
            as created_at
    from production_slots
    union all by name
    select
        *,
        later(works_from, -600 * exp(1.5 * normal('key_before', person || '/' || slot_number)))
            as created_at
    from more_slots
),

drawn as (
    select
        slots.*,
        person || '/' || slot_number as slot,
        random_bits('slot', person || '/' || slot_number) as bits
    from slots
),

timed as (
    select
        developers.*,
        drawn.* exclude (person),
        least(
            getvariable('end_at'),
            coalesce(deleted_at, getvariable('end_at')),
            if(
                is_crew and getvariable('with_silent_customer'),
                getvariable('silent_at'), getvariable('end_at')
            ),
            if(
                is_crew,
                getvariable('end_at'),
                later(works_from, 86400 * exponential('life', slot) * case
                    when environment = 'sandbox' then if(share_of(bits, 0) < 0.88, 20, 300)
                    else if(share_of(bits, 0) < 0.22, 14, 420)
                end)
            )
        ) as works_until,
        case
            when is_crew then 25 + 30 * share_of(bits, 1)
            when environment = 'sandbox' then least(150, exp(1.4 + 0.9 * normal('rate', slot)))
            else least(500, exp(1.75 + 1.2 * normal('rate', slot)))
        end as weekly_rate,
        case
            when is_crew then 1
            when weekly_rate > 20 then 0.98
            else 0.45 + 0.5 * share_of(bits, 2)
        end as presence,
        random_bits('slot_habits', slot) as habit_bits
    from drawn
    inner join developers using (person)
)

select
    * exclude (bits, habit_bits),
    identifier('app_', 'application', person || '/' || application) as application_id,
    share_of(habit_bits, 0) < 0.03 as is_monitored,
    share_of(habit_bits, 0) between 0.03 and 0.05 as is_crawled,
    share_of(habit_bits, 0) between 0.05 and 0.055 as is_shared,
    share_of(habit_bits, 1) as favourite_share,
    (random_bits('address', person) & 255)::varchar || '.'
    || (1 + ((random_bits('address', person) >> 8) & 15))::varchar as address,
    -- The registry does not know every key's application, nor write out every environment.
    share_of(habit_bits, 2) > 0.02 as is_application_registered,
    environment = 'sandbox' or share_of(habit_bits, 3) > 0.03 as is_environment_registered,
    coalesce(not is_crew and environment = 'production' and uniform('rotates', slot) < 0.45, false)
        as is_rotated
from timed
where created_at < least(getvariable('end_at'), coalesce(deleted_at, getvariable('end_at')))
order by ordinal, slot_number;

-- Keys that change hands: a colleague, already at work, takes over. Nobody whose first steps an
-- event moves is part of it.
create table handovers as
with candidates as (
    select
        givers.slot,
        later(givers.works_from, 86400 * (30 + 60 * uniform('handed_over_at', givers.slot)))
            as handed_over_at,
        arg_min(receivers.developer_id, md5(givers.slot || receivers.person)) as receiver_id
    from slots as givers
    inner join developers as receivers
        on givers.company = receivers.company
        and givers.person <> receivers.person
        and receivers.converts
        and receivers.language <> getvariable('sdk_language')
        and receivers.deleted_at is null
        and receivers.first_success_at < later(
            givers.works_from, 86400 * (30 + 60 * uniform('handed_over_at', givers.slot))
        )
    where
        givers.environment = 'production'
        and not givers.is_rotated
        and not givers.is_crew
        and givers.language <> getvariable('sdk_language')
        and uniform('handed_over', givers.slot) < 0.08
    group by all
)

select candidates.*
from candidates
inner join slots using (slot)
where handed_over_at < slots.works_until
order by slot;

-- One row per key. A rotated slot has several, each valid until the next one is made.
create table tokens as
with generations as (
    select
        slots.*,
        generation,
        later(created_at, generation * 86400 * (150 + 250 * uniform('rotation', slot)))
            as token_created_at
    from slots, range(3) as generations (generation)
    where generation = 0 or (
        is_rotated
        and later(created_at, generation * 86400 * (150 + 250 * uniform('rotation', slot)))
        < later(works_until, -432000)
    )
    union all by name
    -- The silent customer's last new key.
    select *, 1 as generation, getvariable('rotated_at') as token_created_at
    from slots
    where getvariable('with_silent_customer') and is_crew and ordinal = 1 and slot_number = 1
),

linked as (
    select
        *,
        uniform('is_linked', slot) < 0.6 or is_crew or not is_application_registered as is_linked,
        lead(token_created_at) over slot_history as next_created_at,
        api_key(environment, slot || '/' || generation) as token,
        lag(api_key(environment, slot || '/' || generation)) over slot_history as previous_token
    from generations
    window slot_history as (partition by slot order by generation)
)

select
    slot,
    generation,
    token,
    ordinal,
    is_campaign,
    is_crew,
    is_internal,
    developer_id,
    if(is_application_registered, application_id, null) as application_id,
    -- A few keys were made for a company: all some developers are resolved by.
    if(uniform('key_names_company', slot) < 0.12, company_id, null) as company_id,
    environment,
    if(is_environment_registered, environment, null) as registered_environment,
    -- One set of scopes in two spellings.
    if(
        uniform('scopes', slot) < 0.4,
        if(
            generation % 2 = 0,
            'orders:read orders:write search', 'search,orders:write,orders:read'
        ),
        pick(['orders:read', 'orders:read search', 'payments:write orders:read', null],
             uniform('scopes_of', slot))
    ) as scopes,
    token_created_at as created_at,
    if(uniform('expires', slot) < 0.1, token_created_at + interval 730 days, null) as expires_at,
    -- Old keys are revoked within days of the new one: that is what an unlinked rotation is seen
    -- by.
    case
        when next_created_at is not null and is_crew then later(next_created_at, 172800)
        when next_created_at is not null
            then later(next_created_at, 86400 * (0.2 + 4.5 * uniform('revoked', slot)))
        when deleted_at is not null then greatest(deleted_at, later(token_created_at, 60))
        when
            works_until < getvariable('end_at') - interval 60 days
            and works_until > token_created_at and not is_crew
            and uniform('tidied_up', slot) < 0.2
            then later(works_until, 86400 * 20)
    end as planned_revoked_at,
    if(planned_revoked_at < getvariable('end_at'), planned_revoked_at, null) as revoked_at,
    if(is_linked, previous_token, null) as replaces_token,
    previous_token is not null as is_rotation,
    if(generation = 0, timestamp '1900-01-01', token_created_at) as used_from
from linked
order by slot, generation;

-- The registry's records: one row per key and version.
create table token_versions as
select
    token,
    developer_id,
    application_id,
    company_id,
    registered_environment as environment,
    scopes,
    created_at,
    expires_at,
    null::timestamp as revoked_at,
    replaces_token,
    created_at as updated_at
from tokens
union all
select
    token,
    receiver_id,
    application_id,
    company_id,
    registered_environment,
    scopes,
    created_at,
    expires_at,
    null,
    replaces_token,
    handed_over_at
from tokens
inner join handovers using (slot)
union all
select
    token,
    coalesce(receiver_id, developer_id),
    application_id,
    company_id,
    registered_environment,
    scopes,
    created_at,
    expires_at,
    revoked_at,
    replaces_token,
    revoked_at
from tokens
left join handovers on tokens.slot = handovers.slot
where revoked_at is not null
order by updated_at, token;
