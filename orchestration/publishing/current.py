"""What is published now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import DataFolder

DATABASE = "north_star.duckdb"
_RECORD = "publication.json"


@dataclass(frozen=True)
class Publication:
    """One published set of marts.

    Attributes:
        run_id: the run that published it.
        folder: its own folder below publications/.
        published_at: when, in UTC.
        is_sample: whether anything in it comes from the project's simulator.
        watermark: up to when the logs are complete, UTC; None before the first row.
        schema: the database on Spark that holds its tables; None on DuckDB.
    """

    run_id: str
    folder: Path
    published_at: datetime
    is_sample: bool
    watermark: datetime | None
    schema: str | None = None

    @property
    def database(self) -> Path:
        """The DuckDB file of this very publication; absent where it is on Spark."""
        return self.folder / DATABASE

    def latest_final_week(self) -> dict[str, Any] | None:
        """That row of fct_north_star_weekly, None if no week is final."""
        if self.schema:
            week = json.loads((self.folder / _RECORD).read_text())["latest_final_week"]
            return week and {**week, "week_start": date.fromisoformat(week["week_start"])}
        with duckdb.connect(self.database, read_only=True) as connection:
            found = connection.execute(
                "select * from fct_north_star_weekly where week_status = 'final' "
                "order by week_start desc limit 1"
            )
            names = [column[0] for column in found.description]
            row = found.fetchone()
        return dict(zip(names, row, strict=True)) if row else None


def write_publication(folder: Path, copied: Mapping[str, Any]) -> None:
    """Note in ``folder`` what was copied on Spark, so that it can be shown without asking Spark.

    Args:
        folder: of the publication.
        copied: schema, publication and latest_final_week, as ``copy_marts`` returns them.
    """
    (folder / _RECORD).write_text(json.dumps(copied, indent=2))


def read_publication(folder: Path) -> Publication:
    """The publication that lies in ``folder``."""
    if (folder / _RECORD).exists():
        copied = json.loads((folder / _RECORD).read_text())
        row = copied["publication"]
        return Publication(
            run_id=row["run_id"],
            folder=folder,
            published_at=_utc(row["published_at"]),
            is_sample=row["is_sample"],
            watermark=_utc(row["watermark"]) if row["watermark"] else None,
            schema=copied["schema"],
        )
    with duckdb.connect(folder / DATABASE, read_only=True) as connection:
        row = connection.execute(
            "select run_id, published_at, is_sample, watermark from publication"
        ).fetchone()
    run_id, published_at, is_sample, watermark = row
    return Publication(run_id, folder, published_at, is_sample, watermark)


def _utc(text: str) -> datetime:
    """A time as Spark writes it into JSON."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def current_publication(data: DataFolder) -> Publication | None:
    """The publication that the target's link points to, None before the first."""
    if not data.published.exists():
        return None
    return read_publication(data.published.resolve())


def what_stays(data: DataFolder) -> str:
    """One sentence on what readers see after a run has failed."""
    current = current_publication(data)
    if current is None:
        return "Nothing has been published yet."
    return f"What is published is still the set of {current.published_at:%Y-%m-%d %H:%M} UTC."
