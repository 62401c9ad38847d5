-- Each token, token lineage, developer and company in its active weeks, with the one
-- segment of each dimension that it counts in: those of a lineage and a developer are
-- those of their token with most requests. A family is within what a move from one unit
-- to another is neither won nor lost: the lineage of a token, else the unit itself.
-- One row per grain, unit and week in which it is active.
{% set dimensions = driver_dimensions() %}
{% set of_companies = driver_dimensions(of='company') %}
{% set grains = [
    ('token', 'token_id', 'token_lineage_id', 'true'),
    ('token_lineage', 'token_lineage_id', 'token_lineage_id', 'place_in_lineage = 1'),
    (
        'developer', 'developer_id', 'developer_id',
        'place_of_developer = 1 and developer_id is not null'
    ),
] %}
with token_weeks as (

    select * from {{ ref('int_token_weeks_described') }}

),

company_weeks as (

    select * from {{ ref('int_company_weeks') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

placed as (

    select
        *,
        row_number() over (
            partition by week_start, token_lineage_id
            order by qualified_requests desc, token_id asc
        ) as place_in_lineage,
        row_number() over (
            partition by week_start, developer_id
            order by qualified_requests desc, token_id asc
        ) as place_of_developer
    from token_weeks

),

company_tokens as (

    select
        week_start,
        company_id,
        count(*) as tokens
    from token_weeks
    group by week_start, company_id

),

units as (

    {% for grain, unit_id, family_id, condition in grains -%}
    select
        '{{ grain }}' as grain,
        {{ unit_id }} as unit_id,
        {{ family_id }} as family_id,
        week_start,
        {% for dimension in dimensions -%}
        {{ driver_segment(dimension) }} as {{ dimension }},
        {% endfor -%}
        qualified_requests as amount
    from placed
    where {{ condition }}
    union all
    {% endfor -%}
    select
        'company' as grain,
        company_weeks.company_id as unit_id,
        company_weeks.company_id as family_id,
        company_weeks.week_start,
        {% for dimension in dimensions -%}
        {{ driver_segment('company_weeks.' ~ dimension) if dimension in of_companies
            else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ dimension }},
        {% endfor -%}
        company_tokens.tokens as amount
    from company_weeks
    inner join company_tokens
        on
            company_weeks.week_start = company_tokens.week_start
            and company_weeks.company_id = company_tokens.company_id

),

dated as (

    select
        *,
        min(week_start) over (partition by grain, unit_id) as first_week_start,
        min(week_start) over (partition by grain, family_id) as family_first_week_start
    from units

),

-- Who was there in the first week of the logs may be of any age.
aged as (

    select
        dated.*,
        'all' as everybody,
        case
            when first_weeks.is_left_censored then 'left_censored'
            else {{ cohort_age_band(
                'weeks.tracked_week_number - first_weeks.tracked_week_number'
            ) }}
        end as cohort_age
    from dated
    inner join weeks
        on dated.week_start = weeks.week_start
    inner join weeks as first_weeks
        on dated.first_week_start = first_weeks.week_start

)

select * from aged
