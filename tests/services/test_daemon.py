"""Dagster's own daemon and code server, as processes, on this very project."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import pytest

from orchestration.environment import prepare_dagster_home
from orchestration.publishing import current_publication
from orchestration.sample import simulate
from orchestration.settings import DataFolder
from tests.toy import REPOSITORY

pytestmark = pytest.mark.services

PATIENCE_SECONDS = 400


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A small world, and the environment of the processes that work on it."""
    for name in ("NORTH_STAR_DATA", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("NORTH_STAR_SCHEDULE_CRON", "* * * * *")
    data = DataFolder(tmp_path)
    simulate(data.landing, developers=50)
    prepare_dagster_home(data)
    return data


def test_the_daemon_launches_the_scheduled_run_and_it_publishes(
    data: DataFolder, tmp_path: Path
) -> None:
    port = free_port()
    workspace = tmp_path / "workspace.yaml"
    address = f"{{host: 127.0.0.1, port: {port}, location_name: north_star}}"
    workspace.write_text(f"load_from:\n  - grpc_server: {address}\n")
    server = ["code-server", "start", "-m", "orchestration.definitions", "-d", str(REPOSITORY)]
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        processes = [
            stack.enter_context(
                process("dagster", *server, "-h", "127.0.0.1", "-p", str(port), log=tmp_path / "1")
            ),
            stack.enter_context(
                process("dagster-daemon", "run", "-w", str(workspace), log=tmp_path / "2")
            ),
        ]
        run = wait_for_first_run(instance, processes, [tmp_path / "1", tmp_path / "2"])
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert run.job_name == "refresh"
    assert run.tags["dagster/schedule_name"] == "daily_refresh"
    assert (data.publications / run.run_id / "north_star.duckdb").exists()
    assert current_publication(data) is not None


def wait_for_first_run(
    instance: dg.DagsterInstance, processes: list[subprocess.Popen], logs: list[Path]
) -> dg.DagsterRun:
    """The first run of refresh that has ended."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        assert all(each.poll() is None for each in processes), said(logs)
        runs = instance.get_runs(dg.RunsFilter(job_name="refresh"))
        ended = [run for run in runs if run.is_finished]
        if ended:
            return ended[-1]
        time.sleep(1)
    raise AssertionError(f"No run has ended in {PATIENCE_SECONDS} s.\n{said(logs)}")


@contextmanager
def process(command: str, *arguments: str, log: Path) -> Iterator[subprocess.Popen]:
    """One of Dagster's processes, stopped at the end with all the processes that it has started."""
    executable = str(Path(sys.executable).with_name(command))
    with log.open("wb") as out:
        started = subprocess.Popen(
            [executable, *arguments],
            cwd=REPOSITORY,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield started
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(started.pid, number)
                    started.wait(timeout=20)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def said(logs: list[Path]) -> str:
    """The end of what the processes printed."""
    return "\n".join(f"--- {log}\n{log.read_text()[-3000:]}" for log in logs)
