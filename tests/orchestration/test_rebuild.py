"""What a run is asked to compute again, and what is said to who asks for what cannot be meant."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import pytest

from orchestration.rebuild import NOTHING, Rebuild, weeks_of
from orchestration.settings import DataFolder, SettingsError


@pytest.fixture
def landed(data: DataFolder) -> DataFolder:
    """A data folder with logs from Thursday, 2026-10-01 to Wednesday, 2026-11-04."""
    file = data.raw / "batches" / "20261105T050000000000Z" / "landing" / "file_dates" / "0.parquet"
    file.parent.mkdir(parents=True)
    days = "range(timestamp '2026-10-01', timestamp '2026-11-05', interval 1 day)"
    duckdb.sql(f"select unnest({days})::date as event_date").write_parquet(str(file))
    return data


def test_dbt_is_told_what_to_compute_again() -> None:
    assert NOTHING.arguments == Rebuild(anyway=True).arguments == []
    assert Rebuild(weeks="2026-10-05..2026-11-02").arguments == [
        "--vars",
        '{"rebuild_weeks": "2026-10-05..2026-11-02"}',
    ]
    assert Rebuild(everything=True).arguments == ["--full-refresh"]


@pytest.mark.parametrize(
    ("rebuild", "is_wanted"),
    [
        (NOTHING, False),
        (Rebuild(anyway=True), True),
        (Rebuild(weeks="2026-10-05..2026-10-05"), True),
        (Rebuild(everything=True), True),
    ],
)
def test_a_run_builds_though_nothing_is_new_if_it_is_asked_to(
    rebuild: Rebuild, is_wanted: bool
) -> None:
    assert rebuild.is_wanted is is_wanted


@pytest.mark.parametrize(
    "weeks",
    [
        "2026-10-05..2026-11-02",
        "2026-10-14..2026-10-14",
        # Both are in the week of a day with logs.
        "2026-09-28..2026-09-28",
        "2026-11-08..2026-11-08",
        # Only the first week has logs.
        "2026-11-02..2027-01-01",
    ],
)
def test_weeks_with_logs_are_taken(landed: DataFolder, weeks: str) -> None:
    Rebuild(weeks=weeks).check(landed)


@pytest.mark.parametrize(
    "weeks",
    ["2026-10-05", "2026-10-05,2026-11-02", "05.10.2026..02.11.2026", "2026-10-05..2026-02-30"],
)
def test_what_is_no_range_is_one_sentence(landed: DataFolder, weeks: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Rebuild(weeks=weeks).check(landed)
    assert str(refused.value) == (
        f"WEEKS={weeks} is no range of weeks: write a day of the first and a day of the last week, "
        "such as 2026-10-05..2026-11-02."
    )


def test_a_range_that_ends_before_it_begins_is_one_sentence(landed: DataFolder) -> None:
    with pytest.raises(SettingsError, match=r"ends before it begins: write the earlier day first"):
        Rebuild(weeks="2026-11-02..2026-10-05").check(landed)


@pytest.mark.parametrize("weeks", ["2026-01-05..2026-01-12", "2026-11-17..2026-11-30"])
def test_weeks_without_logs_are_one_sentence(landed: DataFolder, weeks: str) -> None:
    with pytest.raises(SettingsError, match="reach from 2026-10-01 to 2026-11-04"):
        Rebuild(weeks=weeks).check(landed)


def test_before_the_first_landing_there_are_no_weeks(data: DataFolder) -> None:
    with pytest.raises(SettingsError, match="no log has been landed yet; make run"):
        Rebuild(weeks="2026-10-05..2026-11-02").check(data)


@pytest.mark.parametrize(
    ("today", "weeks"),
    [
        # The allowance of three days is over on Thursday.
        ("2026-10-28", "2026-10-12..2026-10-12"),
        ("2026-10-29", "2026-10-19..2026-10-19"),
        ("2026-11-04", "2026-10-19..2026-10-19"),
        # There are no logs of that week.
        ("2026-11-26", ""),
    ],
)
def test_the_week_that_became_final_last_is_closed(
    landed: DataFolder, today: str, weeks: str
) -> None:
    now = datetime.fromisoformat(f"{today}T06:00").replace(tzinfo=UTC)
    assert Rebuild(closing=True).with_closing_week(landed, now).weeks == weeks
    assert Rebuild().with_closing_week(landed, now) == Rebuild()


def test_weeks_that_somebody_names_are_not_exchanged_for_the_closing_one(
    landed: DataFolder,
) -> None:
    asked = Rebuild(weeks="2026-10-05..2026-10-05", closing=True)
    assert asked.with_closing_week(landed) == asked


def test_requests_of_days_are_those_of_their_week() -> None:
    days = {date(2026, 10, 4): 1, date(2026, 10, 5): 2, date(2026, 10, 11): 4}
    assert weeks_of(days) == {date(2026, 9, 28): 1, date(2026, 10, 5): 6}
    assert Rebuild(weeks="2026-10-07..2026-10-21").first_days() == (
        date(2026, 10, 5),
        date(2026, 10, 19),
    )
