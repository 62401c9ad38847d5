"""Dagster as in production: PostgreSQL, code location, daemon and web page, each a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import yaml

from orchestration.environment import prepare_dagster_home
from orchestration.settings import DataFolder
from tests.ports import free_port
from tests.toy import REPOSITORY

PATIENCE_SECONDS = 600
SERVICES = ("code-location", "daemon", "webserver")


class Deployment:
    """The services of one data folder, which can be killed and started again.

    Attributes:
        data: the data folder.
        project: folder of the project that is served.
    """

    def __init__(
        self,
        data: DataFolder,
        project: Path = REPOSITORY,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.project = project
        self._logs = data.root.parent / "logs"
        self._logs.mkdir(exist_ok=True)
        self.code_port, self.web_port = free_port(), free_port()
        self._environment = {
            **os.environ,
            **(environment or {}),
            "NORTH_STAR_DATA": str(data.root),
            # Its services shall find it, and not where the tests are.
            "PYTHONPATH": str(project),
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: str) -> None:
        """One of the services."""
        ports = ["--code-port", str(self.code_port)]
        if service == "webserver":
            ports += ["--port", str(self.web_port)]
        with (self._logs / f"{service}.log").open("ab") as out:
            self._processes[service] = subprocess.Popen(
                [sys.executable, "-m", "orchestration", service, *ports],
                cwd=self.project,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, service: str) -> None:
        """As a machine without memory does it; what it has started lives on."""
        process = self._processes.pop(service)
        process.kill()
        process.wait(timeout=30)

    def workers(self) -> list[psutil.Process]:
        """The processes in which runs are at work, and those of dbt."""
        found = []
        for each in psutil.process_iter():
            try:
                environment = each.environ()
                command = " ".join(each.cmdline())
            except psutil.Error:
                continue
            if environment.get("NORTH_STAR_DATA") != str(self.data.root):
                continue
            if "spawn_main" in command or "/dbt " in command:
                found.append(each)
        return found

    def stop(self) -> None:
        """All services and what they have started."""
        for process in self._processes.values():
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, number)
                    process.wait(timeout=20)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
        for worker in self.workers():
            worker.kill()

    def assert_up(self) -> None:
        """No service has ended by itself."""
        for service, process in self._processes.items():
            assert process.poll() is None, f"{service} has ended.\n{self.said()}"

    def said(self) -> str:
        """The end of what the services printed."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}"
            for log in sorted(self._logs.iterdir())
        )

    def wait_for(
        self, condition: Callable[[], Any], what: str, seconds: int = PATIENCE_SECONDS
    ) -> Any:
        """What a condition gives, once it gives something."""
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            found = condition()
            if found:
                return found
            time.sleep(1)
        raise AssertionError(f"No {what} in {seconds} s.\n{self.said()}")


@contextmanager
def deployed(
    data: DataFolder,
    project: Path = REPOSITORY,
    environment: Mapping[str, str] | None = None,
    services: tuple[str, ...] = SERVICES,
) -> Iterator[tuple[Deployment, dg.DagsterInstance]]:
    """The services, up, and the instance that they write to; stopped at the end."""
    deployment = Deployment(data, project, environment)
    with ExitStack() as stack:
        before = dict(os.environ)
        stack.callback(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(environment or {})
        prepare_dagster_home(data)
        stack.callback(deployment.stop)
        for service in services:
            deployment.start(service)
        yield deployment, stack.enter_context(dg.DagsterInstance.get())


def change_automation(project: Path, **values: Mapping[str, Any]) -> None:
    """Other values in a copied project's automation.yml, by section and entry."""
    file = project / "orchestration" / "automation.yml"
    content = yaml.safe_load(file.read_text())
    for section, entries in values.items():
        for entry, value in entries.items():
            if isinstance(value, Mapping):
                content[section][entry].update(value)
            else:
                content[section][entry] = value
    file.write_text(yaml.safe_dump(content))
