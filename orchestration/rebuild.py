"""What a run is asked to compute again, beyond what new files touch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.landing.custom_fields import project_vars
from orchestration.settings import PROJECT, DataFolder, SettingsError

_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
_MONDAY, _SUNDAY = 0, 6
# The zone that days are counted in may be some hours off UTC, in which the ledger has them.
_ZONE = timedelta(days=1)


@dataclass(frozen=True)
class Rebuild:
    """What a run builds although nothing is new.

    Attributes:
        anyway: whether it builds at all where nothing is new.
        weeks: two days that lie in the first and the last week to compute again from raw/, such as
            ``2026-10-05..2026-11-02``; empty for none.
        closing: whether the week that became final last is computed again.
        everything: whether all that is kept from build to build is computed again.
    """

    anyway: bool = False
    weeks: str = ""
    closing: bool = False
    everything: bool = False

    @property
    def is_wanted(self) -> bool:
        """Whether anything is."""
        return self.anyway or bool(self.weeks) or self.everything

    @property
    def arguments(self) -> list[str]:
        """What dbt is told. Another value of a var has dbt read the whole project anew."""
        chosen = ["--vars", json.dumps({"rebuild_weeks": self.weeks})] if self.weeks else []
        return [*chosen, *(["--full-refresh"] if self.everything else [])]

    def first_days(self) -> tuple[date, date]:
        """The days that the first and the last of the weeks begin on.

        Raises:
            SettingsError: ``weeks`` is no range.
        """
        variables = project_vars(PROJECT)
        first, last = (week_of(day, variables)[0] for day in _read_range(self.weeks))
        return first, last

    def with_closing_week(self, data: DataFolder, now: datetime | None = None) -> Rebuild:
        """The same with the week named that became final last, if it is to be computed again and
        logs of it were landed.

        Args:
            data: the data folder.
            now: the time; the present if None.
        """
        if not self.closing or self.weeks:
            return self
        variables = project_vars(PROJECT)
        zone = ZoneInfo(variables.get("reporting_timezone", "UTC"))
        today = (now or datetime.now(UTC)).astimezone(zone).date()
        by = today - timedelta(days=variables.get("late_allowance_days", 0))
        begins = week_of(by, variables)[0] - timedelta(days=7)
        named = replace(self, weeks=f"{begins}..{begins}")
        try:
            named.check(data)
        except SettingsError:
            return self
        return named

    def check(self, data: DataFolder) -> None:
        """Refuse weeks that cannot be meant.

        Raises:
            SettingsError: ``weeks`` is no range, ends before it begins, or raw/ has no row of a log
                in it.
        """
        if not self.weeks:
            return
        first, last = _read_range(self.weeks)
        if first > last:
            raise SettingsError(
                f"WEEKS={self.weeks} ends before it begins: write the earlier day first."
            )
        begins, _ = week_of(first, project_vars(PROJECT))
        _, ends = week_of(last, project_vars(PROJECT))
        logs = days_with_logs(data)
        if not logs:
            raise SettingsError(f"WEEKS={self.weeks}: no log has been landed yet; make run.")
        if not any(begins - _ZONE <= day <= ends + _ZONE for day in logs):
            raise SettingsError(
                f"WEEKS={self.weeks}: there are no logs from {begins} to {ends}; those that were "
                f"landed reach from {min(logs)} to {max(logs)}."
            )


NOTHING = Rebuild()


def _read_range(weeks: str) -> tuple[date, date]:
    found = _RANGE.fullmatch(weeks)
    try:
        if found:
            return date.fromisoformat(found[1]), date.fromisoformat(found[2])
    except ValueError:
        pass
    raise SettingsError(
        f"WEEKS={weeks} is no range of weeks: write a day of the first and a day of the last week, "
        "such as 2026-10-05..2026-11-02."
    )


def weeks_of(days: Mapping[date, int]) -> dict[date, int]:
    """Values of days, summed by the first day of their week."""
    variables = project_vars(PROJECT)
    weeks: dict[date, int] = {}
    for day, value in days.items():
        begins, _ = week_of(day, variables)
        weeks[begins] = weeks.get(begins, 0) + value
    return weeks


def week_of(day: date, variables: Mapping[str, Any]) -> tuple[date, date]:
    """First and last day of a week."""
    starts_on = _SUNDAY if variables.get("week_start_day") == "sunday" else _MONDAY
    begins = day - timedelta(days=(day.weekday() - starts_on) % 7)
    return begins, begins + timedelta(days=6)


def days_with_logs(data: DataFolder) -> set[date]:
    """The UTC days of all rows of logs that were landed."""
    ledger = "batches/*/landing/file_dates/*.parquet"
    if not any(data.raw.glob(ledger)):
        return set()
    query = (
        "select distinct event_date from read_parquet($1, union_by_name = true) "
        "where event_date is not null"
    )
    with duckdb.connect() as connection:
        return {day for (day,) in connection.execute(query, [str(data.raw / ledger)]).fetchall()}
