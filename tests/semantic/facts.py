"""What each metric is, said once more in plain SQL over the published facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Where an entity's own attributes are: table, key, and what its rows belong to in turn.
ENTITIES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "developer": ("dim_developers", "developer_id", {}),
    "company": ("dim_companies", "company_id", {}),
    "calendar_week": ("fct_north_star_weekly", "week_start", {}),
    "token": (
        "tokens",
        "token_id",
        {"developer": "first_developer_id", "calendar_week": "created_week"},
    ),
}


@dataclass(frozen=True)
class Fact:
    """Rows that metrics count.

    Attributes:
        name: the entity in front of its own dimensions.
        rows: table or name of a query in ``queries``.
        week: the column with the week they count in.
        metrics: SQL of each metric over these rows.
        belongs_to: columns that name other entities.
    """

    name: str
    rows: str
    week: str
    metrics: Mapping[str, str]
    belongs_to: Mapping[str, str] = field(default_factory=dict)

    def expected(self, path: str, queries: str) -> str:
        """SQL of week, dimension and metrics.

        Args:
            path: the dimension as MetricFlow names it, such as ``token_week__channel``.
            queries: the CTEs in front.
        """
        *entities, column = path.split("__")
        joins, alias, belongs_to = "", "fact", self.belongs_to
        for entity in entities if entities != [self.name] else []:
            table, key, further = ENTITIES[entity]
            joins += (
                f" left join {table} as {entity}_ on {alias}.{belongs_to[entity]} = {entity}_.{key}"
            )
            alias, belongs_to = f"{entity}_", further
        metrics = ", ".join(f"{sql} as {name}" for name, sql in self.metrics.items())
        return f"""
            with {queries}
            select fact.{self.week}, {alias}.{column}, {metrics}
            from {self.rows} as fact {joins}
            where fact.{self.week} is not null or '{self.name}' = 'log_week'
            group by all
        """


def queries(settings: Mapping[str, Any]) -> str:
    """CTEs with the rows that no mart has as they are counted, in a world with these vars."""

    def week(moment: str) -> str:
        zone = settings.get("reporting_timezone", "UTC")
        day = f"cast(({moment}) at time zone 'UTC' at time zone '{zone}' as date)"
        if settings.get("week_start_day") == "sunday":
            return f"({day} - cast(dayofweek({day}) as integer))"
        return f"({day} - cast(isodow({day}) as integer) + 1)"

    zone = settings.get("reporting_timezone", "UTC")
    return f"""
        sign_ups as (
            select
                developers.*,
                case when signed_up_at <= watermark then {week("signed_up_at")} end
                    as sign_up_week,
                case when is_converted then {week("hello_world_at")} end as hello_world_week,
                cast(date_trunc('month', signed_up_at at time zone 'UTC' at time zone '{zone}')
                    as date) as sign_up_month,
                case is_greenfield when true then 'greenfield' else 'joining' end as greenfield,
                case
                    when is_converted then date_diff('microsecond', clock_start_at, watermark) / 1e6
                    else duration_seconds
                end as observed_seconds
            from fct_time_to_first_hello_world as developers, publication
        ),
        tokens as (
            select
                tokens.*,
                previous_token_id is not null as is_successor,
                case
                    when created_at <= watermark and is_registered
                        and coalesce(not is_internal, true) then {week("tokens.created_at")}
                end as created_week
            from dim_tokens as tokens
            cross join publication
            left join dim_developers as owners
                on owners.developer_id = tokens.first_developer_id
        )
    """


def _lifecycles(unit: str, column: str) -> dict[str, str]:
    return {
        f"{lifecycle}_{unit}": f"count(distinct {column}) filter (fact.lifecycle = '{lifecycle}')"
        for lifecycle in ("new", "retained", "resurrected")
    }


def _conversions() -> dict[str, str]:
    found = {}
    for name, seconds in {"1h": 3600, "24h": 86400, "7d": 604800, "28d": 2419200}.items():
        observed = f"fact.is_in_distribution and observed_seconds >= {seconds}"
        converted = f"{observed} and fact.is_converted and fact.duration_seconds <= {seconds}"
        found |= {
            f"cohort_observed_{name}": f"count(*) filter ({observed})",
            f"cohort_converted_{name}": f"count(*) filter ({converted})",
            f"cohort_converted_{name}_rate": (
                f"count(*) filter ({converted}) / nullif(count(*) filter ({observed}), 0)"
            ),
        }
    return found


def _outcomes() -> dict[str, str]:
    accepted = "coalesce(sum(requests) filter (outcome not in ('malformed', 'duplicate')), 0)"
    found = {"logged_requests": "sum(requests)", "accepted_requests": accepted}
    for outcome in ("qualified", "failed_authentication", "unsuccessful"):
        counted = f"coalesce(sum(requests) filter (outcome = '{outcome}'), 0)"
        found |= {
            f"{outcome}_logged_requests": counted,
            f"{outcome}_requests_rate": f"{counted} / nullif({accepted}, 0)",
        }
    return found


FACTS = [
    Fact(
        name="token_week",
        rows="fct_weekly_active_tokens",
        week="week_start",
        belongs_to={
            "token": "token_id",
            "developer": "developer_id",
            "company": "company_id",
            "calendar_week": "week_start",
        },
        metrics={
            "weekly_active_tokens": "count(distinct fact.token_id)",
            "weekly_active_token_lineages": "count(distinct fact.token_lineage_id)",
            "weekly_active_developers": "count(distinct fact.developer_id)",
            "active_token_weeks": "count(*)",
            "resolved_token_weeks": "count(*) filter (fact.company_id is not null)",
            "resolved_tokens_rate": "avg((fact.company_id is not null)::integer)",
            "attempted_requests": "sum(attempted_requests)",
            "successful_requests": "sum(successful_requests)",
            "qualified_requests": "sum(fact.qualified_requests)",
            "qualified_requests_per_active_token": "avg(fact.qualified_requests)",
            **_lifecycles("token_lineages", "fact.token_lineage_id"),
        },
    ),
    Fact(
        name="company_week",
        rows="fct_weekly_active_companies",
        week="week_start",
        belongs_to={"company": "company_id", "calendar_week": "week_start"},
        metrics={
            "weekly_active_companies": "count(distinct fact.company_id)",
            "weekly_active_parent_companies": "count(distinct fact.ultimate_parent_company_id)",
            **_lifecycles("companies", "fact.company_id"),
        },
    ),
    Fact(
        name="log_week",
        rows="fct_request_outcomes_weekly",
        week="week_start",
        belongs_to={"calendar_week": "week_start"},
        metrics=_outcomes(),
    ),
    Fact(
        name="calendar_week",
        rows="fct_north_star_weekly",
        week="week_start",
        metrics={
            "weeks_with_logs": "count(*) filter (days_with_logs > 0)",
            "days_with_logs": "sum(days_with_logs)",
            "page_views": "sum(page_views)",
        },
    ),
    Fact(
        name="sign_up",
        rows="sign_ups",
        week="sign_up_week",
        belongs_to={
            "developer": "developer_id",
            "company": "company_id",
            "calendar_week": "cohort_week",
        },
        metrics={"new_sign_ups": "count(*)"},
    ),
    Fact(
        name="sign_up",
        rows="sign_ups",
        week="cohort_week",
        belongs_to={
            "developer": "developer_id",
            "company": "company_id",
            "calendar_week": "cohort_week",
        },
        metrics=_conversions(),
    ),
    Fact(
        name="hello_world",
        rows="sign_ups",
        week="hello_world_week",
        belongs_to={
            "developer": "developer_id",
            "company": "company_id",
            "calendar_week": "hello_world_week",
        },
        metrics={"hello_worlds": "count(*)"},
    ),
    Fact(
        name="token",
        rows="tokens",
        week="created_week",
        belongs_to={"developer": "first_developer_id", "calendar_week": "created_week"},
        metrics={"tokens_created": "count(*)"},
    ),
]
