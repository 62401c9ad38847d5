-- The stars of each GitHub account through time: a snapshot holds until the next one,
-- and nothing is known before the first (definition D13).
-- One row per account and snapshot.
with profiles as (

    select * from {{ ref('stg_github__profiles') }}

),

snapshots as (

    select
        github_login,
        captured_at,
        -- Of two snapshots of one moment the higher counts, whichever arrived first.
        max(stars) as stars
    from profiles
    group by github_login, captured_at

),

dated as (

    select
        github_login,
        stars,
        captured_at as valid_from,
        coalesce(
            lead(captured_at) over history, cast('9999-12-31' as timestamp)
        ) as valid_to,
        lead(captured_at) over history is null as is_latest
    from snapshots
    window history as (partition by github_login order by captured_at)

)

select * from dated
