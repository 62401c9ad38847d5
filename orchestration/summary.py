"""The latest final week as a small table, read from what is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from orchestration.publishing import Publication, current_publication, what_stays
from orchestration.settings import DataFolder

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
    lines = _table(week) if week else [_no_final_week(publication)]
    if publication.is_sample:
        lines.append("These are numbers of the sample, not of your program.")
    published_at = f"{publication.published_at:%Y-%m-%d %H:%M} UTC"
    return "\n".join([*lines, f"Published {published_at}: {_where(data, publication)}"])


def duration(seconds: float | None) -> str:
    """A duration in its two largest units; None is a median that half of them never reached."""
    if seconds is None:
        return "not reached"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((place for place, (amount, _) in enumerate(parts) if amount), len(parts) - 1)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2])


def _table(week: Mapping[str, Any]) -> list[str]:
    last_day = week["week_start"] + timedelta(days=6)
    lines = [f"Week of {week['week_start']} to {last_day}, the latest that is final"]
    if week["is_data_gap"]:
        lines.append("It is a gap: no logs arrived, so nothing is known of its activity.")
    width = max(len(label) for label, _ in _ROWS)
    return lines + [f"  {label:<{width}}  {_value(name, week[name]):>12}" for label, name in _ROWS]


def _value(name: str, value: Any) -> str:
    if name.endswith("_seconds"):
        return duration(value)
    if value is None:
        return "-"
    return f"{value:.1%}" if name.endswith("_rate") else f"{value:,}"


def _where(data: DataFolder, publication: Publication) -> str:
    if publication.schema:
        return f"database {publication.schema} on Spark, which the published views read"
    return str(data.published / publication.database.name)


def _no_final_week(publication: Publication) -> str:
    if publication.watermark is None:
        return "No week is final yet: no logs have arrived."
    reach = f"{publication.watermark:%Y-%m-%d %H:%M} UTC"
    return f"No week is final yet: the logs are complete up to {reach} (the watermark)."
