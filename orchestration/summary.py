"""The latest final week as a small table, read from what is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.publishing import Publication, current_publication, what_stays
from orchestration.settings import DataFolder
from orchestration.wording import GAP, SAMPLE, measure, no_final_week, week_dates

_ROWS = (
    ("Weekly active tokens", "weekly_active_tokens"),
    ("Weekly active companies", "weekly_active_companies"),
    ("Weekly active developers", "weekly_active_developers"),
    ("Qualified requests", "qualified_requests"),
    ("Sign-ups", "new_sign_ups"),
    ("Hello worlds", "hello_worlds"),
    ("Median time to first hello world", "ttfhw_p50_seconds"),
    ("Converted within 7 days", "converted_7d_rate"),
)


def summarise(data: DataFolder) -> str:
    """What is published, in lines for a terminal."""
    publication = current_publication(data)
    if publication is None:
        return f"{what_stays(data)[:-1]}: make run."
    week = publication.latest_final_week
    lines = _table(week) if week else [no_final_week(publication.watermark)]
    if publication.is_sample:
        lines.append(SAMPLE)
    published_at = f"{publication.published_at:%Y-%m-%d %H:%M} UTC"
    return "\n".join([*lines, f"Published {published_at}: {_where(data, publication)}"])


def headline(week: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a week that are told first, with their labels.

    Args:
        week: a row of fct_north_star_weekly, or the part of it that there is.
    """
    return [(label, measure(name, week[name])) for label, name in _ROWS if name in week]


def _table(week: Mapping[str, Any]) -> list[str]:
    lines = [f"Week of {week_dates(week['week_start'])}, the latest that is final"]
    if week["is_data_gap"]:
        lines.append(GAP)
    width = max(len(label) for label, _ in _ROWS)
    return lines + [f"  {label:<{width}}  {value:>12}" for label, value in headline(week)]


def _where(data: DataFolder, publication: Publication) -> str:
    if publication.schema:
        return f"database {publication.schema} on Spark, which the published views read"
    return str(data.published / publication.database.name)
