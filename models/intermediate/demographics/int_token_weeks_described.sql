-- Each active token with all that its weeks are broken down by: whose it was, what
-- these were like in that week and are like now (definition D13).
-- One row per active token and week.
with token_weeks as (

    select * from {{ ref('int_token_weeks_attributed') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

lineage_lifecycles as (

    select * from {{ ref('int_lifecycles') }}
    where grain = 'token_lineage'

),

clients as (

    select * from {{ ref('int_token_week_clients') }}

),

developer_weeks as (

    select * from {{ ref('int_developer_weeks') }}

),

company_weeks as (

    select * from {{ ref('int_company_weeks') }}

),

described as (

    select
        token_weeks.week_start,
        token_weeks.token_id,
        token_weeks.token_lineage_id,
        token_weeks.developer_id,
        token_weeks.company_id,
        token_weeks.ultimate_parent_company_id,
        token_weeks.resolution_method,
        token_weeks.resolution_confidence,
        token_weeks.attempted_requests,
        token_weeks.successful_requests,
        token_weeks.qualified_requests,
        token_weeks.active_days,
        token_weeks.first_request_at,
        token_weeks.last_request_at,
        token_weeks.is_suspected_shared,
        lineage_lifecycles.lifecycle,
        weeks.is_left_censored,
        weeks.week_status,
        clients.sdk,
        clients.language,
        clients.client_kind,
        clients.api,
        {% for attribute in [
            'channel', 'country', 'github_stars_band', 'country_current',
            'github_stars_band_current',
        ] -%}
        coalesce(developer_weeks.{{ attribute }}, 'unknown') as {{ attribute }},
        {% endfor -%}
        {{ custom_facts('contact', 'developer_weeks') }}
        {{ custom_facts('company', 'company_weeks') }}
        {% for attribute in [
            'company_size_band', 'industry', 'plan', 'company_size_band_current',
            'industry_current', 'plan_current',
        ] -%}
        coalesce(company_weeks.{{ attribute }}, 'unknown') as {{ attribute }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from token_weeks
    inner join weeks
        on token_weeks.week_start = weeks.week_start
    inner join lineage_lifecycles
        on
            token_weeks.week_start = lineage_lifecycles.week_start
            and token_weeks.token_lineage_id = lineage_lifecycles.unit_id
    inner join clients
        on
            token_weeks.week_start = clients.week_start
            and token_weeks.token_id = clients.token_id
    left join developer_weeks
        on
            token_weeks.week_start = developer_weeks.week_start
            and token_weeks.developer_id = developer_weeks.developer_id
    left join company_weeks
        on
            token_weeks.week_start = company_weeks.week_start
            and token_weeks.company_id = company_weeks.company_id

)

select * from described
