-- Dated snapshots of GitHub accounts.
-- One row per delivered snapshot.
with source as (

    select * from {{ source('github', 'profiles') }}

),

renamed as (

    select
        lower(github_login) as github_login,

        stars,
        followers,
        public_repos,

        captured_at

    from source

)

select * from renamed
