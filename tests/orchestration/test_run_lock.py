"""One run at a time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from orchestration.run_lock import (
    RunLockError,
    at_work,
    end_processes,
    hold_run_lock,
    is_at_work,
)
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


KILLED_AT_WORK = """
import os, signal, sys
from pathlib import Path
from orchestration.run_lock import at_work
from orchestration.settings import DataFolder
with at_work(DataFolder(Path(sys.argv[1])), "killed"):
    os.kill(os.getpid(), signal.SIGKILL)
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


def test_a_holder_that_is_over_but_hangs_is_killed(data: DataFolder) -> None:
    first = start(data, seconds=300)
    first.send_signal(signal.SIGSTOP)
    told: list[str] = []
    with hold_run_lock(
        data, "run second", "second", wait_seconds=60, tell=told.append, is_over=lambda _: True
    ) as killed:
        assert killed.run_id == "first"
    assert first.wait(timeout=10) == -signal.SIGKILL
    assert told[1].startswith("Ending run first (process ")


def test_a_holder_that_is_not_over_is_waited_for(data: DataFolder) -> None:
    first = start(data, seconds=300)
    with (
        pytest.raises(RunLockError, match="Gave up after waiting 6 s"),
        hold_run_lock(data, "run second", wait_seconds=6, tell=lambda _: None),
    ):
        raise AssertionError
    assert first.poll() is None
    first.kill()
    first.wait()


def test_what_a_killed_run_has_started_is_ended(data: DataFolder) -> None:
    sleeping = [sys.executable, "-c", "import time; time.sleep(300)"]
    with at_work(data, "first"):
        left = subprocess.Popen(sleeping)
    with at_work(data, "second"):
        other = subprocess.Popen(sleeping)
    bystander = subprocess.Popen(sleeping)
    end_processes("first")
    assert not psutil.pid_exists(left.pid)
    end_processes(None)
    for alive in (other, bystander):
        assert alive.poll() is None
        alive.kill()
        alive.wait()


def test_others_see_whether_a_process_works_on_a_run(data: DataFolder) -> None:
    assert is_at_work(data, "first") is None
    with at_work(data, "first"):
        assert is_at_work(data, "first") is True
    assert is_at_work(data, "first") is None
    subprocess.run([sys.executable, "-c", KILLED_AT_WORK, str(data.root)])
    assert is_at_work(data, "killed") is False
    assert list(data.alive.iterdir()) == []
