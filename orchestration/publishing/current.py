"""What is published now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.settings import DataFolder

DATABASE = "north_star.duckdb"


@dataclass(frozen=True)
class Publication:
    """One published set of marts.

    Attributes:
        run_id: the run that published it.
        folder: its own folder below publications/.
        published_at: when, in UTC.
        is_sample: whether anything in it comes from the project's simulator.
        watermark: up to when the logs are complete, UTC; None before the first row.
    """

    run_id: str
    folder: Path
    published_at: datetime
    is_sample: bool
    watermark: datetime | None

    @property
    def database(self) -> Path:
        """The DuckDB file of this very publication."""
        return self.folder / DATABASE


def read_publication(folder: Path) -> Publication:
    """The publication that lies in ``folder``."""
    with duckdb.connect(folder / DATABASE, read_only=True) as connection:
        row = connection.execute(
            "select run_id, published_at, is_sample, watermark from publication"
        ).fetchone()
    run_id, published_at, is_sample, watermark = row
    return Publication(run_id, folder, published_at, is_sample, watermark)


def current_publication(data: DataFolder) -> Publication | None:
    """The publication that ``published`` points to, None before the first."""
    if not data.published.exists():
        return None
    return read_publication(data.published.resolve())


def what_stays(data: DataFolder) -> str:
    """One sentence on what readers see after a run has failed."""
    current = current_publication(data)
    if current is None:
        return "Nothing has been published yet."
    return f"What is published is still the set of {current.published_at:%Y-%m-%d %H:%M} UTC."
