"""What is published now, and what else is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from orchestration.publishing.copying import DATABASE
from orchestration.settings import SPARK, DataFolder

RECORD = "publication.json"
# Names of folders below publications/ that nobody reads yet, or any more.
INCOMING = ".incoming-"

_UNREADABLE = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class Publication:
    """One published set of marts.

    Attributes:
        run_id: the run that published it.
        folder: its own folder below publications/.
        published_at: when, in UTC.
        is_sample: whether anything in it comes from the project's simulator.
        watermark: up to when the logs are complete, UTC; None before the first row.
        latest_final_week: that row of fct_north_star_weekly, None if no week is final.
        schema: the database on Spark that holds its tables; None on DuckDB.
        basis: what it was built from, as ``read_basis`` told; None if nobody could tell.
    """

    run_id: str
    folder: Path
    published_at: datetime
    is_sample: bool
    watermark: datetime | None
    latest_final_week: Mapping[str, Any] | None
    schema: str | None = None
    basis: str | None = None

    @property
    def database(self) -> Path:
        """The DuckDB file of this very publication; absent where it is on Spark."""
        return self.folder / DATABASE


def write_record(folder: Path, copied: Mapping[str, Any]) -> None:
    """Note in ``folder`` what was published, so that it can be told without opening it.

    Args:
        folder: of the publication.
        copied: ``schema``, ``publication`` (its row), ``latest_final_week`` and, if it is known,
            ``basis``, in types of JSON.
    """
    (folder / RECORD).write_text(json.dumps(copied, indent=1))


def read_publication(folder: Path) -> Publication:
    """The publication that lies in ``folder``.

    Raises:
        OSError, ValueError, KeyError, TypeError: its record is missing or damaged.
    """
    copied = json.loads((folder / RECORD).read_text())
    row, week = copied["publication"], copied["latest_final_week"]
    return Publication(
        run_id=row["run_id"],
        folder=folder,
        published_at=_utc(row["published_at"]),
        is_sample=row["is_sample"],
        watermark=_utc(row["watermark"]) if row["watermark"] else None,
        latest_final_week=week and {**week, "week_start": date.fromisoformat(week["week_start"])},
        schema=copied["schema"],
        basis=copied.get("basis"),
    )


def _utc(text: str) -> datetime:
    """A time as DuckDB (without a zone) and Spark (with one) write it into JSON."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def current_publication(data: DataFolder) -> Publication | None:
    """The publication that the target's link points to; None before the first, or if it is lost."""
    try:
        return read_publication(data.published.resolve())
    except _UNREADABLE:
        return None


def is_publication(folder: Path) -> bool:
    """Whether a publication, of whichever target, lies in ``folder`` and can be told."""
    try:
        read_publication(folder)
    except _UNREADABLE:
        return False
    return True


def kept_publications(data: DataFolder) -> list[Publication]:
    """The target's publications that are kept, the newest first; the damaged are left out."""
    folders = filter(is_publication, data.publications.glob("[!.]*"))
    kept = [
        publication
        for publication in map(read_publication, folders)
        if (publication.schema is not None) == (data.target == SPARK)
    ]
    return sorted(kept, key=lambda each: (each.published_at, each.run_id), reverse=True)


def what_stays(data: DataFolder) -> str:
    """One sentence on what readers see after a run has failed."""
    current = current_publication(data)
    if current is None and data.published.is_symlink():
        return "What was published cannot be read."
    if current is None:
        return "Nothing has been published yet."
    return f"What is published is still the set of {current.published_at:%Y-%m-%d %H:%M} UTC."
