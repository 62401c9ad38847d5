"""Schedules from orchestration/schedules.yml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg
import yaml

from orchestration.settings import PROJECT, SettingsError

_FILE = PROJECT / "orchestration" / "schedules.yml"
_WORDS = {"job", "cron", "time_zone", "running"}


def read_schedule(name: str, entry: Mapping[str, Any]) -> dg.ScheduleDefinition:
    """One entry of the file as a schedule.

    NORTH_STAR_SCHEDULE_CRON replaces every cron expression, for tests that cannot wait a day.

    Raises:
        SettingsError: a word is missing, unknown or of the wrong type.
    """
    given = set(entry) if isinstance(entry, Mapping) else set()
    if given != _WORDS or not isinstance(entry["running"], bool):
        raise SettingsError(
            f"{_FILE.name}: {name} needs job, cron, time_zone and running (true or false), "
            "and nothing else."
        )
    status = dg.DefaultScheduleStatus
    return dg.ScheduleDefinition(
        name=name,
        job_name=entry["job"],
        cron_schedule=os.environ.get("NORTH_STAR_SCHEDULE_CRON") or entry["cron"],
        execution_timezone=entry["time_zone"],
        default_status=status.RUNNING if entry["running"] else status.STOPPED,
    )


@dg.definitions
def schedules() -> dg.Definitions:
    """Every entry of the file."""
    entries = yaml.safe_load(_FILE.read_text()) or {}
    return dg.Definitions(schedules=[read_schedule(*entry) for entry in entries.items()])
