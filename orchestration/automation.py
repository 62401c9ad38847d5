"""What Dagster does by itself, as ``orchestration/automation.yml`` says it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.landing.custom_fields import project_vars
from orchestration.settings import PROJECT, SettingsError, environment_name

FILE = PROJECT / "orchestration" / "automation.yml"

_SECTIONS = {
    "schedules": {"job": str, "cron": str, "time_zone": str, "running": bool},
    "sensors": {
        "files_arrived": {
            "every_seconds": int,
            "quiet_seconds": int,
            "longest_wait_seconds": int,
            "running": bool,
        },
        "watch": {"every_seconds": int, "longest_run_seconds": int, "running": bool},
    },
    "freshness": {"published_hours": int},
    "patience": {"retries": int, "retry_seconds": int},
}
_NAMES = {str: "a text", bool: "true or false", int: "a whole number of 0 or more"}
_SUNDAY, _MONDAY = 0, 1  # as cron counts


@dataclass(frozen=True)
class Schedule:
    """When a job runs by itself.

    Attributes:
        name: as Dagster's page shows it.
        job: name of the job.
        cron: five fields.
        time_zone: of ``cron``, by its IANA name.
        running: whether it is on when Dagster first sees it.
    """

    name: str
    job: str
    cron: str
    time_zone: str
    running: bool


@dataclass(frozen=True)
class FilesArrived:
    """When arriving files start a run; times in seconds."""

    every_seconds: int
    quiet_seconds: int
    longest_wait_seconds: int
    running: bool


@dataclass(frozen=True)
class Watch:
    """How often somebody looks whether all is well, and how long a run may last, in seconds."""

    every_seconds: int
    longest_run_seconds: int
    running: bool


@dataclass(frozen=True)
class Patience:
    """How often what passes by itself is tried again, and the first pause, in seconds."""

    retries: int
    retry_seconds: int


@dataclass(frozen=True)
class Automation:
    """All of the file, for one environment.

    Attributes:
        schedules: in the order of the file.
        files_arrived: the sensor of that name.
        watch: the sensor of that name.
        published_hours: hours without a successful run after which what is published is stale.
        patience: with runs.
    """

    schedules: tuple[Schedule, ...]
    files_arrived: FilesArrived
    watch: Watch
    published_hours: int
    patience: Patience


def read_automation(file: Path = FILE, project: Path = PROJECT) -> Automation:
    """The file, for the environment that ``NORTH_STAR_ENVIRONMENT`` names.

    ``NORTH_STAR_SCHEDULE_CRON`` replaces every cron expression, for trying schedules out.

    Raises:
        SettingsError: a word is missing, unknown or of the wrong type; the message names it.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SettingsError(f"{file.name} is no YAML: {' '.join(str(error).split())}.") from None
    _check_words(file.name, "it", content, dict.fromkeys(_SECTIONS, dict))
    sensors = content["sensors"]
    _check_words(file.name, "sensors", sensors, dict.fromkeys(_SECTIONS["sensors"], dict))
    closes_on = _closing_weekday(project_vars(project))
    return Automation(
        schedules=tuple(
            _schedule(name, _entry(file.name, name, entry, _SECTIONS["schedules"]), closes_on)
            for name, entry in content["schedules"].items()
        ),
        files_arrived=FilesArrived(
            **_entry(
                file.name,
                "files_arrived",
                sensors["files_arrived"],
                _SECTIONS["sensors"]["files_arrived"],
            )
        ),
        watch=Watch(**_entry(file.name, "watch", sensors["watch"], _SECTIONS["sensors"]["watch"])),
        published_hours=_entry(
            file.name, "freshness", content["freshness"], _SECTIONS["freshness"]
        )["published_hours"],
        patience=Patience(
            **_entry(file.name, "patience", content["patience"], _SECTIONS["patience"])
        ),
    )


def _schedule(name: str, entry: Mapping[str, Any], closes_on: int) -> Schedule:
    cron = os.environ.get("NORTH_STAR_SCHEDULE_CRON") or entry["cron"]
    return Schedule(name, **{**entry, "cron": cron.replace("close", str(closes_on))})


def _entry(file: str, name: str, entry: Any, words: Mapping[str, type]) -> dict[str, Any]:
    """The values of an entry, those of this environment in place of the others."""
    own = dict(entry) if isinstance(entry, Mapping) else {}
    environments = own.pop("environments", {})
    _check_words(file, name, own, words)
    _check_words(file, f"{name}, environments", environments, dict.fromkeys(environments, dict))
    for environment, values in environments.items():
        given = {word: kind for word, kind in words.items() if word in values}
        _check_words(file, f"{name}, environment {environment}", values, given)
    return {**own, **environments.get(environment_name(), {})}


def _check_words(file: str, place: str, given: Any, words: Mapping[str, type]) -> None:
    if not isinstance(given, Mapping):
        raise SettingsError(f"{file}: {place} has to be words with a value each.")
    for word in given:
        if word not in words:
            raise SettingsError(
                f"{file}: {place} has {word}, which it cannot; it may have {', '.join(words)}."
            )
    for word, kind in words.items():
        if word not in given:
            raise SettingsError(f"{file}: {place} needs {word}.")
        value = given[word]
        is_right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not is_right or (kind is int and value < 0):
            wanted = _NAMES.get(kind, "words with a value each")
            raise SettingsError(f"{file}: {place}: {word} has to be {wanted}.")


def _closing_weekday(variables: Mapping[str, Any]) -> int:
    """The weekday, as cron counts, on whose first morning the logs of a week may be complete."""
    first = _SUNDAY if variables.get("week_start_day") == "sunday" else _MONDAY
    allowance = variables.get("late_allowance_days")
    return (first + (allowance if isinstance(allowance, int) else 0)) % 7
