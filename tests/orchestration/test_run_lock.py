"""One run at a time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from orchestration.run_lock import RunLockError, hold_run_lock
from orchestration.settings import DataFolder

HOLD = """
import sys, time
from pathlib import Path
from orchestration.run_lock import hold_run_lock
from orchestration.settings import DataFolder
with hold_run_lock(DataFolder(Path(sys.argv[1])), "run first", "first"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def start(data: DataFolder, seconds: float) -> subprocess.Popen:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data.root), str(seconds)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_waits_and_says_for_whom(data: DataFolder) -> None:
    first = start(data, seconds=1)
    told: list[str] = []
    with hold_run_lock(data, "run second", "second", tell=told.append) as killed:
        assert first.wait() == 0
        assert killed is None
    assert len(told) == 1
    assert "run first" in told[0]
    assert str(first.pid) in told[0]


def test_the_second_gives_up_with_one_sentence(data: DataFolder) -> None:
    first = start(data, seconds=30)
    try:
        with (
            pytest.raises(RunLockError, match=f"run first .process {first.pid} "),
            hold_run_lock(data, "run second", wait_seconds=0.3, tell=lambda _: None),
        ):
            pass
    finally:
        first.terminate()
        first.wait()


def test_a_killed_holder_frees_the_lock_and_is_reported(data: DataFolder) -> None:
    first = start(data, seconds=30)
    first.send_signal(signal.SIGKILL)
    first.wait()
    with hold_run_lock(data, "run second", "second") as killed:
        assert killed.run_id == "first"
        holder = json.loads((data.root / "run.lock.holder.json").read_text())
        assert holder["run_id"] == "second"
    with hold_run_lock(data, "run third") as killed:
        assert killed is None


def test_two_threads_exclude_each_other(data: DataFolder) -> None:
    inside: list[str] = []

    def work(name: str) -> None:
        with hold_run_lock(data, name, tell=lambda _: None):
            inside.append(f"{name} in")
            time.sleep(0.3)
            inside.append(f"{name} out")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = inside[0][0], inside[2][0]
    assert inside == [f"{first} in", f"{first} out", f"{second} in", f"{second} out"]
