"""What the digest asks of the published tables: each question is evidence as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

# So many companies, channels and campaigns are named.
NAMED_AT_MOST = 3


@dataclass(frozen=True)
class Question:
    """One query on one published table, in SQL that any engine takes.

    It holds nothing that came with the data: a reader pastes it, and a name in it could end it.

    Attributes:
        table: name of the table.
        select: the columns, or what is made of them.
        rest: what follows the table; ``{table}`` stands for it there, too.
    """

    table: str
    select: str
    rest: str = ""

    def sql(self, schema: str | None = None) -> str:
        """The query, on tables of a schema or on those that the reader is connected to."""
        table = f"{schema}.{self.table}" if schema else self.table
        lines = [f"select {self.select}", f"from {table}", self.rest.format(table=table)]
        return "\n".join(line for line in lines if line)


def of_week(table: str, select: str, week: str, condition: str = "") -> Question:
    """A question on the rows of one week, ``YYYY-MM-DD``."""
    return Question(table, select, f"where week_start = date '{week}'{condition}")


def value_of(metric: str, week: str) -> Question:
    """The headline number of a week."""
    return of_week("fct_north_star_weekly", metric, week)


def change_of(metric: str, week: str) -> Question:
    """How much it has changed, and how much it usually does."""
    return of_week(
        "fct_north_star_changes_weekly",
        "previous_week_start, change, growth_rate, usual_low, usual_high, is_within_noise",
        week,
        f" and comparison = 'week' and metric = '{metric}'",
    )


def driver_of(metric: str, week: str) -> Question:
    """The segment that accounts for most of the change."""
    return of_week(
        "fct_north_star_drivers_weekly",
        "dimension, segment, contribution, new, resurrected, churned, switched_in, switched_out, "
        "is_explaining",
        week,
        f" and comparison = 'week' and metric = '{metric}' and rank = 1",
    )


def growth(week: str) -> Question:
    """Who was won and who was lost."""
    return of_week(
        "fct_growth_accounting_weekly",
        "new, resurrected, churned, quick_ratio, is_left_censored",
        week,
        " and grain = 'token_lineage'",
    )


def hello_worlds(week: str) -> Question:
    """How long recent sign-ups took to the first call that works."""
    return of_week("fct_north_star_weekly", "ttfhw_p50_seconds, converted_7d_rate", week)


_JUDGED = "week_status = 'final' and is_vanity is not null"


def judged(table: str) -> Question:
    """The newest week whose channels, or campaigns, can be judged."""
    return Question(
        table,
        "week_start, count(*) as judged, sum(case when is_vanity then 1 else 0 end) as flagged",
        f"where {_JUDGED}\ngroup by week_start\norder by week_start desc\nlimit 1",
    )


def vanity(table: str, name: str) -> Question:
    """Those of that week that brought sign-ups, but no more hello worlds than usual."""
    return Question(
        table,
        f"{name}, page_views, usual_page_views, sign_ups, usual_sign_ups, "
        "tokens_created, usual_tokens_created, hello_worlds_7d, usual_hello_worlds_7d",
        "where is_vanity and week_start = "
        f"(select max(week_start) from {{table}} where {_JUDGED})\n"
        f"order by sign_ups desc, page_views desc, {name}\nlimit {NAMED_AT_MOST}",
    )


SILENT = Question("fct_silent_companies", "count(*) as companies")
SILENT_FIRST = Question(
    "fct_silent_companies",
    "company_id, company_name, company_size_band, silent_since, "
    "last_error_status_code, last_error_endpoint, last_error_at",
    f"where stake_rank <= {NAMED_AT_MOST}\norder by stake_rank",
)

STUCK = Question(
    "fct_stuck_developers",
    "count(*) as developers, count(last_error_status_code) as with_error",
)
STUCK_ON = Question(
    "fct_stuck_developers",
    "last_error_status_code, coalesce(last_error_endpoint, '') as endpoint, count(*) as developers",
    "where last_error_status_code is not null\n"
    "group by last_error_status_code, coalesce(last_error_endpoint, '')\n"
    "order by developers desc, last_error_status_code, endpoint\n"
    "limit 1",
)


def targets(week: str) -> Question:
    """What was aimed at."""
    return of_week(
        "fct_targets_weekly",
        "metric, value, target, direction, gap, is_reached",
        week,
        " and week_status = 'final'\norder by metric",
    )


def events(week: str) -> Question:
    """What happened."""
    return of_week(
        "fct_program_events_weekly",
        "event_id, kind, event_date, end_date, description",
        week,
        "\norder by event_date, event_id",
    )


def completeness(week: str) -> Question:
    """How much of the week is known."""
    return of_week(
        "fct_north_star_weekly", "days_with_logs, is_sampled, resolved_tokens_rate", week
    )


RESTATED = Question("fct_restatements", "count(*) as numbers, count(distinct week_start) as weeks")
PUBLICATION = Question("publication", "run_id, watermark, is_sample")
LATEST_FINAL_WEEK = Question(
    "fct_north_star_weekly",
    "max(week_start) as week_start",
    "where week_status = 'final'",
)
