"""What is unusual is told: each warning finds what was planted, and nothing without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.compiled import compile_models

Rows = Sequence[Mapping[str, Any]]
TYPES = {bool: "boolean", int: "bigint", float: "double", date: "date", datetime: "timestamp"}
MONDAY = date(2026, 1, 5)
DAYS = 60


@pytest.fixture
def told_by(tmp_path: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """The rows that a warning finds where models hold the rows that are given."""

    def told(warning: str, **given: Rows) -> list[tuple[Any, ...]]:
        models = compile_models([warning])
        steps = {step.name: step for step in models.steps}
        waiting, needed = [warning], set()
        while waiting:
            name = waiting.pop()
            needed.add(name)
            waiting += () if name in given else steps[name].needs
        with models.connect(tmp_path) as connection:
            for step in models.steps:
                if step.name in given:
                    columns = [
                        f"{name} {TYPES.get(type(value), 'varchar')}"
                        for name, value in given[step.name][0].items()
                    ]
                    connection.execute(f"create table {step.relation} ({', '.join(columns)})")
                    places = ", ".join("?" * len(columns))
                    rows = [list(row.values()) for row in given[step.name]]
                    connection.executemany(f"insert into {step.relation} values ({places})", rows)
                elif step.name in needed and not step.is_check:
                    connection.execute(step.statement())
            return connection.execute(steps[warning].query).fetchall()

    return told


def _ledger(*files: tuple[str, date, int, date]) -> dict[str, Rows]:
    """What landing says of files: hash, date of their rows, how many, and when they landed."""
    return {
        "int_landed_dates": [
            {"file_hash": file, "event_date": day, "rows_there": rows}
            for file, day, rows, _ in files
        ],
        "stg_landing__file_dates": [
            {
                **{"file_hash": file, "source": "api_gateway", "event_date": day},
                "landed_at": datetime(landed.year, landed.month, landed.day, 3),
            }
            for file, day, _, landed in files
        ],
    }


def _nightly(rows: Mapping[int, int]) -> list[tuple[str, date, int, date]]:
    """A file a night with a thousand rows, or as many as are given for the day of that number."""
    days = [(number, MONDAY + timedelta(days=number)) for number in range(DAYS)]
    files = [(f"f{n}", day, rows.get(n, 1000), day + timedelta(days=1)) for n, day in days]
    return [file for file in files if file[2]]


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ({}, []),
        ({DAYS - 3: 550}, [DAYS - 3]),
        ({DAYS - 3: 650}, []),
        ({DAYS - 2: 0, DAYS - 8: 1450}, [DAYS - 8, DAYS - 2]),
        # The newest day is not whole, and an old one has been told.
        ({DAYS - 1: 3, DAYS - 9: 0}, []),
    ],
)
def test_unusual_days_among_the_newest_seven_are_told(
    told_by: Callable, planted: dict[int, int], told: list[int]
) -> None:
    found = told_by("warn_about_unusual_log_volumes", **_ledger(*_nightly(planted)))
    assert sorted(row[1] for row in found) == [MONDAY + timedelta(days=number) for number in told]


def test_history_that_lands_at_once_is_not_late_and_what_comes_after_its_week_is_final_is(
    told_by: Callable,
) -> None:
    tonight = MONDAY + timedelta(days=DAYS)
    history = [
        (file, day, rows, tonight - timedelta(days=1)) for file, day, rows, _ in _nightly({})
    ]
    new = ("new", tonight - timedelta(days=1), 950, tonight)
    old_week = ("late", MONDAY + timedelta(days=20), 51, tonight)
    open_week = ("open", tonight - timedelta(days=4), 900, tonight)
    before_all = ("before", MONDAY - timedelta(days=90), 5000, tonight)

    def told(*files: tuple[str, date, int, date]) -> list[tuple[Any, ...]]:
        return told_by("warn_about_late_logs", **_ledger(*history, *files))

    assert told() == []
    assert told(new, open_week, before_all) == []
    assert told(new, old_week) == [("api_gateway", tonight, 1001, 51)]
    assert told(new, (*old_week[:2], 50, tonight)) == []
    # A landing after it, without a late row, is the newest one.
    assert told(new, old_week, ("next", tonight, 1000, tonight + timedelta(days=1))) == []


def test_a_north_star_outside_of_its_noise_is_told_for_the_latest_final_week_only(
    told_by: Callable,
) -> None:
    last_week = MONDAY + timedelta(weeks=1)
    statuses = {MONDAY: "final", last_week: "final", last_week + timedelta(weeks=1): "open"}
    weeks = [{"week_start": week, "week_status": status} for week, status in statuses.items()]

    def told(week: date, metric: str, comparison: str, is_within_noise: bool | None) -> list[str]:
        change = {"week_start": week, "comparison": comparison, "metric": metric}
        numbers = {"previous_value": 9.0, "value": 99.0, "usual_low": 8.0, "usual_high": 10.0}
        # A first row gives the types, and is within its noise.
        usual = {**change, **numbers, "is_within_noise": True}
        found = told_by(
            "warn_about_unusual_north_stars",
            dim_weeks=weeks,
            fct_north_star_changes_weekly=[usual, {**usual, "is_within_noise": is_within_noise}],
        )
        return [row[1] for row in found]

    for metric in ("weekly_active_tokens", "weekly_active_companies", "converted_7d_rate"):
        assert told(last_week, metric, "week", False) == [metric]
        assert told(last_week, metric, "week", True) == []
        # Too few weeks make no band.
        assert told(last_week, metric, "week", None) == []
        assert told(last_week, metric, "4_weeks", False) == []
        assert told(MONDAY, metric, "week", False) == []
    assert told(last_week, "qualified_requests", "week", False) == []


def test_few_tokens_with_a_company_are_told_of_the_latest_final_week_only(
    told_by: Callable,
) -> None:
    def told(*rates: float) -> int:
        rows = [
            {
                **{"week_start": MONDAY + timedelta(weeks=place), "week_status": status},
                **{"weekly_active_tokens": 10, "resolved_tokens_rate": rate},
            }
            for place, (rate, status) in enumerate(
                zip(rates, ("final", "final", "open"), strict=True)
            )
        ]
        return len(told_by("warn_about_unresolved_tokens", fct_north_star_weekly=rows))

    assert told(0.9, 0.49, 0.9) == 1
    assert told(0.1, 0.5, 0.1) == 0
