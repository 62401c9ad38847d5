"""One run at a time writes to a data folder, be it from a terminal, the daemon or the web page."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from orchestration.settings import DataFolder

# Seconds between two looks at who holds the lock, while waiting for it.
_LOOK_SECONDS = 5.0
# Tells of each process which run has started it.
_STARTED_BY = "NORTH_STAR_STARTED_BY_RUN"


class RunLockError(Exception):
    """Another run has held the lock for longer than this one may wait; the message says which."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock.

    Attributes:
        name: what is running, such as "run 1f0c...".
        run_id: the Dagster run, where there is one.
        process_id: its process, on ``host``.
        host: name of the machine.
        since: when it took the lock, ISO 8601 in UTC.
    """

    name: str
    run_id: str | None
    process_id: int
    host: str
    since: str

    @property
    def is_here(self) -> bool:
        """Whether its process is one of this machine."""
        return self.host == socket.gethostname()

    def __str__(self) -> str:
        return f"{self.name} (process {self.process_id} on {self.host}, since {self.since})"


@contextmanager
def hold_run_lock(
    data: DataFolder,
    name: str,
    run_id: str | None = None,
    wait_seconds: float = 3600,
    tell: Callable[[str], object] = print,
    is_over: Callable[[Holder], bool] = lambda _: False,
) -> Iterator[Holder | None]:
    """Hold ``<data>/run.lock``, waiting for whoever holds it now.

    Args:
        data: the folder that is to be written to.
        name: who is asking, as others shall read it.
        run_id: the Dagster run that is asking.
        wait_seconds: the longest wait.
        tell: called with one sentence when there is a wait.
        is_over: whether a holder counts as ended, so that its process, which is stuck, is killed.

    Yields:
        The holder before, if it was killed while it held the lock: the operating system has freed
        the lock, but nobody has noted the end of that run.

    Raises:
        RunLockError: the lock was not free in time.
    """
    # Dagster may tear a resource down in another thread than the one that set it up.
    lock = FileLock(data.root / "run.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(f"Waiting for {read_holder(data) or 'another run'} to end: one run writes at a time.")
        if not _wait(lock, data, wait_seconds, tell, is_over):
            raise RunLockError(
                f"Gave up after waiting {wait_seconds:.0f} s for "
                f"{read_holder(data) or 'another run'}, which holds {data.root / 'run.lock'}; "
                "wait for it to end or stop it, then run again."
            ) from None
    try:
        killed = read_holder(data)
        try:
            _write_holder(data, name, run_id)
        except OSError as error:
            raise RunLockError(
                f"{_holder_file(data)} cannot be written: {error.strerror}."
            ) from error
        yield killed
    finally:
        _holder_file(data).unlink(missing_ok=True)
        lock.release()


def _wait(
    lock: FileLock,
    data: DataFolder,
    wait_seconds: float,
    tell: Callable[[str], object],
    is_over: Callable[[Holder], bool],
) -> bool:
    """Whether the lock was free in time."""
    give_up_at = time.monotonic() + wait_seconds
    while time.monotonic() < give_up_at:
        with suppress(Timeout):
            left = max(0.0, give_up_at - time.monotonic())
            lock.acquire(timeout=min(_LOOK_SECONDS, left), poll_interval=0.2)
            return True
        holder = read_holder(data)
        if holder and holder.is_here and is_over(holder):
            tell(f"Ending {holder}: it is over, but its process holds on to the data folder.")
            end_holder(holder)
    return False


def end_holder(holder: Holder) -> None:
    """Kill the process that holds the lock, and what it has started."""
    with suppress(ProcessLookupError):
        os.kill(holder.process_id, signal.SIGKILL)
    end_processes(holder.run_id)


def end_processes(run_id: str | None) -> None:
    """Kill what a run whose own process is gone has started: dbt would go on building for nobody.

    They are known by the environment that they were given.
    """
    if not run_id:
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(_STARTED_BY) == run_id and process.pid != os.getpid():
                process.kill()
                process.wait(timeout=_LOOK_SECONDS)


@contextmanager
def at_work(data: DataFolder, run_id: str) -> Iterator[None]:
    """Let others see for as long as it lasts that a process works on a run, or waits to."""
    data.alive.mkdir(exist_ok=True)
    file = data.alive / run_id
    lock = FileLock(file, thread_local=False)
    lock.acquire()
    os.environ[_STARTED_BY] = run_id
    try:
        yield
    finally:
        os.environ.pop(_STARTED_BY, None)
        file.unlink(missing_ok=True)
        lock.release()


def is_at_work(data: DataFolder, run_id: str) -> bool | None:
    """Whether a process works on a run; None if none has ever said so.

    What a killed process has left is removed.
    """
    file = data.alive / run_id
    if not file.exists():
        return None
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    file.unlink(missing_ok=True)
    lock.release()
    return False


def _holder_file(data: DataFolder) -> Path:
    return data.root / "run.lock.holder.json"


def _write_holder(data: DataFolder, name: str, run_id: str | None) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = Holder(name, run_id, os.getpid(), socket.gethostname(), since)
    incoming = _holder_file(data).with_suffix(".incoming")
    incoming.write_text(json.dumps(asdict(holder)))
    incoming.replace(_holder_file(data))


def read_holder(data: DataFolder) -> Holder | None:
    """Who holds the lock, or held it when it was killed; None for nobody."""
    try:
        return Holder(**json.loads(_holder_file(data).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
