"""The simulator: a seeded world of developers, companies and keys, and the files it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sample import period
from orchestration.sample.files import list_files, write_registries, write_requests
from orchestration.sample.truth import expected_numbers, planted_events

EVENTS = frozenset({"campaign", "outage", "sdk_release", "silent_customer"})
"""Names of the planted events."""

SMALLEST_WORLD = 50
"""Developers; below, not every kind of person (an internal one, one with a wrong clock) exists."""

SQL_FOLDER = Path(__file__).parent / "sql"


class SampleError(Exception):
    """The sample cannot be made; the message is one sentence for the person who asked for it."""


def simulate(
    landing: Path,
    developers: int = 1500,
    seed: int = 1,
    without: frozenset[str] | set[str] = frozenset(),
) -> dict[str, Any]:
    """Write a made-up API program's files below ``landing`` and say what is true of it.

    The same arguments give the same bytes. All chance belongs to the thing it is drawn for, so
    leaving out a planted event changes nothing but what the event changes.

    Args:
        landing: folder that the files go to, as ``landing/<source>/<table>/...``; made if absent.
            Apart from hidden files it must be empty.
        developers: how many people sign up, campaign aside; at least 50. Everything grows with it.
        seed: names one of the possible worlds.
        without: names of planted events (``EVENTS``) to leave out.

    Returns:
        The truth, as it is also written to ``landing/sample.json``: the planted events, the numbers
        that a warehouse should find, and path and SHA-256 of every file.

    Raises:
        SampleError: an argument is out of range, or ``landing`` holds files.
    """
    unknown = sorted(set(without) - EVENTS)
    if unknown:
        raise SampleError(f"No planted event is called {unknown[0]!r}; there are {sorted(EVENTS)}.")
    if developers < SMALLEST_WORLD:
        raise SampleError(f"A sample needs {SMALLEST_WORLD} developers or more, not {developers}.")
    landing.mkdir(parents=True, exist_ok=True)
    if any(not path.name.startswith(".") for path in landing.iterdir()):
        raise SampleError(
            f"{landing} holds files already; a sample is only put into an empty folder."
        )

    planted = EVENTS - set(without)
    with duckdb.connect() as connection:
        _build_world(connection, developers, seed, planted)
        # One thread writes: where a file's blocks end would depend on the number of them.
        connection.execute("set threads = 1")
        write_requests(connection, landing)
        write_registries(connection, landing)
        truth = {
            "format": 1,
            "seed": seed,
            "developers": developers,
            "without": sorted(without),
            "first_day": period.FIRST_DAY.isoformat(),
            "last_day": period.LAST_DAY.isoformat(),
            "events": planted_events(connection, planted),
            "expected": expected_numbers(connection),
            "files": list_files(landing),
        }
    (landing / "sample.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return truth


def _build_world(
    connection: duckdb.DuckDBPyConnection, developers: int, seed: int, planted: frozenset[str]
) -> None:
    """Create the world's tables in the connection's database."""
    variables = {
        "seed": seed,
        "developers": developers,
        # The largest customer's developers.
        "crew": max(4, min(12, developers // 250)),
        "first_day": period.FIRST_DAY,
        "last_day": period.LAST_DAY,
        "end_at": period.END_AT,
        "first_sign_up_day": period.FIRST_SIGN_UP_DAY,
        "sdk_release_at": period.SDK_RELEASE_ON,
        "late_week": period.LATE_WEEK,
        "outage_week": period.OUTAGE_WEEK,
        "rotated_at": period.ROTATED_AT,
        "silent_at": period.SILENT_AT,
        "campaign_week": period.CAMPAIGN_WEEK,
        "sdk_language": period.SDK_LANGUAGE,
        "sdk_factor": period.SDK_FACTOR,
        "unknown_key_week": period.UNKNOWN_KEY_WEEK,
        "late_file": period.LATE_FILE,
        **{f"campaign_{key}": value for key, value in period.CAMPAIGN.items()},
        **{f"with_{event}": event in planted for event in EVENTS},
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = {_literal(value)}")
    for script in sorted(SQL_FOLDER.glob("*.sql")):
        connection.execute(script.read_text(encoding="utf-8"))


def _literal(value: Any) -> str:
    """A value as SQL; days become timestamps, as all moments of the world are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"timestamp '{value.isoformat()}'"
