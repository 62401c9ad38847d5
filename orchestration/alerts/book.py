"""Which incidents are open, and who was told: each channel once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.alerts.channels import Channel
from orchestration.alerts.incident import Incident
from orchestration.settings import DataFolder

# After a failed attempt: the first pause, which doubles, and the longest.
_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
# How long it is remembered who was told of what is over.
_REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    """What has come of a look.

    Attributes:
        new: incidents that a channel was told of now.
        problems: what went wrong with a channel, a sentence each; it is tried again.
        open: all that is wrong.
        closed: number of incidents that are over.
    """

    new: tuple[Incident, ...]
    problems: tuple[str, ...]
    open: tuple[Incident, ...]
    closed: int

    def __str__(self) -> str:
        if not self.open:
            return f"All is well{f'; {self.closed} over' if self.closed else ''}."
        titles = "; ".join(incident.title for incident in self.open)
        return " ".join([f"{len(self.open)} open: {titles}.", *self.problems])


@dataclass
class _Entry:
    """An incident: since when, when it was over, which channels were told, and their failures."""

    since: str
    over_at: str | None = None
    told: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    tried_at: dict[str, str] = field(default_factory=dict)


def tell(
    data: DataFolder,
    incidents: Iterable[Incident],
    channels: Sequence[Channel],
    now: datetime | None = None,
) -> Told:
    """Tell each channel of each incident that it was not told of, and forget those that are over.

    What was told is noted at once in a file of the data folder, and not in Dagster's history, which
    somebody may prune. A process that is killed between sending and noting tells twice: both
    messages name the same incident, and have the same id as mails.

    Args:
        data: the data folder.
        incidents: what is wrong now.
        channels: where to.
        now: the time, UTC; the present if None.
    """
    now = now or datetime.now(UTC)
    book, found = _read(data), {each.key: each for each in incidents}
    closed = _close(book, found, now)
    new, problems, open_now = [], [], []
    for key, incident in found.items():
        entry = book.setdefault(key, _Entry(incident.since.isoformat()))
        if entry.over_at and entry.since != incident.since.isoformat():
            entry = book[key] = _Entry(incident.since.isoformat())
        # One that began when it did before was never over, whatever it looked like.
        entry.over_at = None
        # What it began with stays: a history that was pruned may know less.
        incident = replace(incident, since=datetime.fromisoformat(entry.since))
        open_now.append(incident)
        for channel in channels:
            if channel.name in entry.told or not _is_due(entry, channel.name, now):
                continue
            problem = channel.send(incident)
            if problem:
                problems.append(f"{channel.name} {problem}.")
                entry.attempts[channel.name] = entry.attempts.get(channel.name, 0) + 1
                entry.tried_at[channel.name] = now.isoformat()
            else:
                new.append(incident)
                entry.told.append(channel.name)
            _write(data, book)
    if book or data.incidents.exists():
        _write(data, book)
    return Told(tuple(new), tuple(problems), tuple(open_now), closed)


def _close(book: dict[str, _Entry], found: Mapping[str, Incident], now: datetime) -> int:
    """Note which incidents are over, and forget those that have been for long; their number."""
    closed = [entry for key, entry in book.items() if key not in found and not entry.over_at]
    for entry in closed:
        entry.over_at = now.isoformat()
    for key, entry in list(book.items()):
        if entry.over_at and now - datetime.fromisoformat(entry.over_at) > _REMEMBERED:
            del book[key]
    return len(closed)


def _is_due(entry: _Entry, channel: str, now: datetime) -> bool:
    attempts = entry.attempts.get(channel, 0)
    if not attempts:
        return True
    pause = min(_PAUSE * 2 ** min(attempts - 1, 10), _LONGEST_PAUSE)
    return now - datetime.fromisoformat(entry.tried_at[channel]) >= pause


def _read(data: DataFolder) -> dict[str, _Entry]:
    try:
        stored: dict[str, Any] = json.loads(data.incidents.read_text())
        return {key: _Entry(**entry) for key, entry in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(data: DataFolder, book: dict[str, _Entry]) -> None:
    incoming = data.incidents.with_suffix(".incoming")
    stored = {key: entry.__dict__ for key, entry in book.items()}
    incoming.write_text(json.dumps(stored, indent=1))
    incoming.replace(data.incidents)
