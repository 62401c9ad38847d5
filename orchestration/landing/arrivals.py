"""When files that arrive should start a run: after a pause, and once, however many there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import duckdb

from orchestration.landing.contract import read_contract
from orchestration.landing.formats import read_formats
from orchestration.landing.inventory import FoundFile, take_inventory
from orchestration.landing.landing import unlanded
from orchestration.landing.raw import RawFolder
from orchestration.settings import DataFolder


@dataclass(frozen=True)
class Arrivals:
    """What is remembered from one look at landing/ to the next; times in seconds since 1970.

    Attributes:
        asked_for: the files that a run was asked for last.
        seen: those that were there at the last look.
        since: when the first of them was seen.
        changed_at: when they were last seen to change.
    """

    asked_for: str = ""
    seen: str = ""
    since: float = 0.0
    changed_at: float = 0.0

    @classmethod
    def from_text(cls, text: str | None) -> Arrivals:
        """What ``str`` has made; nothing of what cannot be read."""
        try:
            return cls(**json.loads(text or "{}"))
        except (ValueError, TypeError):
            return cls()

    def __str__(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Decision:
    """What follows from a look.

    Attributes:
        arrivals: to be remembered.
        run_key: names the files that a run is to be started for; None for no run.
        told: why, or why not.
    """

    arrivals: Arrivals
    run_key: str | None
    told: str


def new_files(data: DataFolder) -> list[FoundFile]:
    """The files of landing/ that the ledger does not name. Reads none of them.

    Raises:
        LandingError, OSError: landing/ or the ledger cannot be read.
    """
    files = take_inventory(data.landing, read_contract(), read_formats()).files
    raw = RawFolder(data.raw)
    if not files or not raw.batches.exists():
        return files
    with duckdb.connect() as connection:
        return unlanded(files, raw.read_ledger(connection))


def decide(
    before: Arrivals,
    files: Iterable[FoundFile],
    now: float,
    *,
    quiet_seconds: float,
    longest_wait_seconds: float,
    is_running: bool,
) -> Decision:
    """Whether to start a run.

    A file that no run can land, or that holds what was landed under another name, stays new for
    ever: it is asked for once, and again with the next file that arrives.

    Args:
        before: what was remembered.
        files: those that were not landed.
        now: seconds since 1970.
        quiet_seconds: how long no further file may have come.
        longest_wait_seconds: after which a run starts though files still come.
        is_running: whether a run is waiting or at work that may land them.
    """
    listed = sorted(f"{file.shown} {file.size} {file.modified}" for file in files)
    seen = hashlib.sha256("\n".join(listed).encode()).hexdigest()[:32] if listed else ""
    number = f"{len(listed):,} new file{'s' * (len(listed) != 1)}"
    if not seen:
        return Decision(replace(before, seen="", since=0.0), None, "No new file.")
    if seen == before.asked_for:
        return Decision(replace(before, seen=seen, since=0.0), None, f"{number}, asked for before.")
    after = replace(
        before,
        seen=seen,
        since=before.since or now,
        changed_at=before.changed_at if seen == before.seen else now,
    )
    if is_running:
        return Decision(after, None, f"{number}; a run is going on, and may land them.")
    is_quiet = now - after.changed_at >= quiet_seconds
    if not is_quiet and now - after.since < longest_wait_seconds:
        return Decision(after, None, f"{number}, the last of them a moment ago.")
    asked = replace(after, asked_for=seen, since=0.0)
    return Decision(asked, seen, f"{number}.")
