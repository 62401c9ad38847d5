"""The table at the end of a run."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.publishing.current import write_record
from orchestration.settings import DataFolder
from orchestration.summary import summarise
from orchestration.wording import duration

WEEK = {
    "week_start": "2026-11-09",
    "week_status": "final",
    "is_data_gap": False,
    "weekly_active_tokens": 1234,
    "weekly_active_companies": 56,
    "weekly_active_developers": None,
    "qualified_requests": 98765,
    "new_sign_ups": 7,
    "hello_worlds": 3,
    "ttfhw_p50_seconds": None,
    "converted_7d_rate": 0.4321,
}


def publish(data: DataFolder, week: dict[str, Any] | None = WEEK, is_sample: bool = False) -> str:
    """Publish a record by hand and return what is shown of it."""
    folder = data.publications / "run-1"
    folder.mkdir(parents=True)
    data.published.symlink_to("publications/run-1")
    publication = {
        "run_id": "run-1",
        "published_at": "2026-11-22 05:00:30",
        "watermark": "2026-11-21 23:59:00",
        "is_sample": is_sample,
    }
    write_record(folder, {"schema": None, "publication": publication, "latest_final_week": week})
    return summarise(data)


def test_the_latest_final_week_is_a_table(data: DataFolder) -> None:
    shown = publish(data)
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "Week of 2026-11-09 to 2026-11-15, the latest that is final" in lines
    assert "Weekly active tokens 1,234" in lines
    assert "Weekly active developers -" in lines
    assert "Median time to first hello world not reached" in lines
    assert "Converted within 7 days 43.2%" in lines
    assert lines[-1] == f"Published 2026-11-22 05:00 UTC: {data.published}/north_star.duckdb"
    assert "sample" not in shown


def test_the_sample_is_named(data: DataFolder) -> None:
    assert "These are numbers of the sample" in publish(data, is_sample=True)


def test_a_gap_is_not_shown_as_a_bad_week(data: DataFolder) -> None:
    assert "It is a gap" in publish(data, {**WEEK, "is_data_gap": True})


def test_without_a_final_week_the_watermark_is_told(data: DataFolder) -> None:
    shown = publish(data, None)
    assert "No week is final yet: the logs are complete up to 2026-11-21 23:59 UTC" in shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "not reached"),
        (0, "0 s"),
        (59.6, "1 min 0 s"),
        (3600, "1 h 0 min"),
        (93784, "1 d 2 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown
