"""The table at the end of a run."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.settings import DataFolder
from orchestration.summary import duration, summarise

WEEK = {
    "week_start": "date '2026-11-09'",
    "week_status": "'final'",
    "is_data_gap": "false",
    "weekly_active_tokens": "1234",
    "weekly_active_companies": "56",
    "weekly_active_developers": "null::bigint",
    "qualified_requests": "98765",
    "new_sign_ups": "7",
    "hello_worlds": "3",
    "ttfhw_p50_seconds": "null::double",
    "converted_7d_rate": "0.4321",
}


def publish(data: DataFolder, is_sample: bool = False, **week: str) -> str:
    """Publish one week by hand and return what is shown of it."""
    folder = data.publications / "run-1"
    folder.mkdir(parents=True)
    data.published.symlink_to("publications/run-1")
    columns = ", ".join(f"{value} as {name}" for name, value in {**WEEK, **week}.items())
    with duckdb.connect(folder / "north_star.duckdb") as database:
        database.execute(f"create table fct_north_star_weekly as select {columns}")
        database.execute(
            "create table publication as select 'run-1' as run_id, "
            "timestamp '2026-11-22 05:00:30' as published_at, "
            f"timestamp '2026-11-21 23:59:00' as watermark, {is_sample} as is_sample"
        )
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
    assert "It is a gap" in publish(data, is_data_gap="true")


def test_without_a_final_week_the_watermark_is_told(data: DataFolder) -> None:
    shown = publish(data, week_status="'open'")
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
