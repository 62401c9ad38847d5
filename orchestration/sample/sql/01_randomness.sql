-- Chance that belongs to things: a number depends on the seed, on what it is drawn for and on the
-- thing it is drawn for, never on what was drawn before. Taking one thing out of the world changes
-- no other.

-- 64 random bits of a thing, for cutting into several numbers.
create macro random_bits(purpose, id) as
    md5_number_lower(concat_ws('|', getvariable('seed'), purpose, id));

-- The part-th (0-3) of the four numbers in (0, 1) that 64 bits hold.
create macro share_of(bits, part) as
    (((bits >> (16 * part)) & 65535) + 0.5) / 65536.0;

-- A number in [0, 1).
create macro uniform(purpose, id) as
    (random_bits(purpose, id) >> 11) / 9007199254740992.0;

-- A number of the standard normal distribution (Box and Muller's method).
create macro normal(purpose, id) as
    sqrt(-2 * ln(((random_bits(purpose, id) >> 32) + 0.5) / 4294967296.0))
    * cos(2 * pi() * ((random_bits(purpose, id) & 4294967295) + 0.5) / 4294967296.0);

-- An exponentially distributed number with mean 1.
create macro exponential(purpose, id) as -ln(1 - uniform(purpose, id));

-- The element of a list that a number in [0, 1) points at.
create macro pick(options, share) as options[1 + floor(share * len(options))::integer];

create macro identifier(prefix, purpose, id) as
    prefix || left(md5(concat_ws('|', getvariable('seed'), purpose, id)), 12);

-- A raw API key. The letters are shuffled so that no key looks like a hash.
create macro api_key(environment, id) as
    if(environment = 'sandbox', 'ns_test_', 'ns_live_')
    || translate(
        md5(concat_ws('|', getvariable('seed'), 'api_key', id)),
        '0123456789abcdef', 'k3p9x7m2q8w5z4t6'
    );

-- A moment some seconds (whole milliseconds of them) later.
create macro later(moment, seconds) as
    moment + to_microseconds((round(seconds::double * 1000) * 1000)::bigint);

-- Seconds from midnight: mostly office hours, in the way of people of several time zones.
create macro moment_of_day(share, share_2) as
    if(
        share < 0.75,
        3600 * (7 + 7 * (share / 0.75 + share_2)),
        86400 * (share - 0.75 + 0.25 * share_2) * 2
    );

-- Day of a week (0 is Monday): work is done from Monday to Friday.
create macro day_of_week(share) as
    case
        when share < 0.19 then 0 when share < 0.38 then 1 when share < 0.57 then 2
        when share < 0.75 then 3 when share < 0.91 then 4 when share < 0.955 then 5
        else 6
    end;

create macro is_in_outage(moment) as
    date_trunc('week', moment) = getvariable('outage_week');

-- The key that no registry knows.
set variable unknown_token = api_key('production', 'unknown');
