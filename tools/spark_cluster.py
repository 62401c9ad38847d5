"""A standalone Spark cluster on this machine: one master, its workers and a Thrift server for SQL.

``make spark-up`` and ``make spark-down`` call it. Each is a process of its own, as on a cluster of
several machines, and all of them listen on the loopback address only. Spark itself lies in the
pyspark wheel; what it keeps (catalogue, tables, logs, pids) lies in one folder.

    python -m tools.spark_cluster up     [--folder DIR] [--port PORT] [--workers N] ...
    python -m tools.spark_cluster down   [--folder DIR]
    python -m tools.spark_cluster status [--folder DIR]
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
import psutil

from orchestration.settings import DataFolder, SettingsError

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 10000
OLDEST_JAVA = 17
_START_SECONDS = 180
_STOP_SECONDS = 20


class ClusterError(Exception):
    """The cluster cannot start or is not there; the message says in a sentence what to do."""


@dataclass(frozen=True)
class Size:
    """How large the cluster is.

    Attributes:
        workers: worker processes, each with one executor.
        cores: of each worker.
        worker_memory: memory of each executor, such as ``1g``.
        driver_memory: memory of the Thrift server, which plans every query.
        java_options: options for all its Java machines.
        shuffle_partitions: into how many parts a join or an aggregate divides its rows; none
            is two for each core.
    """

    workers: int = 2
    cores: int = 1
    worker_memory: str = "1g"
    driver_memory: str = "3g"
    java_options: str = ""
    shuffle_partitions: int | None = None


@dataclass(frozen=True)
class Process:
    """A process of the cluster; a pid alone may be another process's by now.

    Attributes:
        role: ``master``, ``worker-1`` ... or ``thrift-server``.
        pid: its number.
        started_at: when it was started, in seconds since 1970, as the system tells.
    """

    role: str
    pid: int
    started_at: float

    def running(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started_at) < 1
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True)
class Cluster:
    """A cluster that was started.

    Attributes:
        folder: where its catalogue, tables, logs and the list of its processes lie.
        port: of the Thrift server.
        master_port: where workers and applications report.
        master_web_port: of the master's page, which answers ``/json/``.
        application_web_port: of the Thrift server's page, which tells what its executors did.
        processes: in the order they were started.
    """

    folder: Path
    port: int
    master_port: int
    master_web_port: int
    application_web_port: int
    processes: tuple[Process, ...] = field(default=())

    @classmethod
    def of(cls, folder: Path) -> Cluster:
        """The cluster whose processes the folder lists.

        Raises:
            ClusterError: none was started in that folder.
        """
        try:
            stored = json.loads(_list_of(folder).read_text())
        except FileNotFoundError:
            raise ClusterError(
                f"No cluster was started in {folder}; `make spark-up` starts one."
            ) from None
        processes = tuple(Process(**process) for process in stored.pop("processes"))
        return cls(folder=folder, processes=processes, **stored)

    def store(self) -> None:
        """Write the list of processes, so that another process can stop them."""
        stored = {name: value for name, value in asdict(self).items() if name != "folder"}
        incoming = _list_of(self.folder).with_suffix(".incoming")
        incoming.write_text(json.dumps(stored, indent=2))
        incoming.replace(_list_of(self.folder))

    def process(self, role: str) -> Process:
        """The process with this role.

        Raises:
            KeyError: the cluster has none.
        """
        return {process.role: process for process in self.processes}[role]

    @property
    def is_running(self) -> bool:
        """Whether every process runs."""
        return all(process.running() for process in self.processes)

    def ask_master(self) -> dict[str, Any]:
        """What the master says of its workers and applications."""
        return _read_json(f"http://{LOOPBACK}:{self.master_web_port}/json/")

    def ask_executors(self) -> list[dict[str, Any]]:
        """What the Thrift server says of its executors, those it has lost included."""
        executors = self._ask_application("allexecutors")
        return [executor for executor in executors if executor["id"] != "driver"]

    def ask_stages(self) -> list[dict[str, Any]]:
        """What the Thrift server says of the last thousand stages that have ended."""
        return self._ask_application("stages?status=complete")

    def _ask_application(self, what: str) -> list[dict[str, Any]]:
        pages = f"http://{LOOPBACK}:{self.application_web_port}/api/v1/applications"
        (application,) = _read_json(pages)
        return _read_json(f"{pages}/{application['id']}/{what}")

    def stop(self) -> None:
        """Stop every process that still runs, the Thrift server first.

        Executors are children of their workers, which take them along.
        """
        running = [found for process in reversed(self.processes) if (found := process.running())]
        for process in running:
            _stop(process)
        _list_of(self.folder).unlink(missing_ok=True)


def start(
    folder: Path,
    *,
    port: int = 0,
    size: Size | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Cluster:
    """Start a cluster and wait until its Thrift server answers.

    Args:
        folder: for all it keeps; made if absent.
        port: that the Thrift server is to listen on; 0 for a free one.
        size: of the cluster.
        report: is told what is being waited for.

    Raises:
        ClusterError: Java or Spark is missing, a cluster runs already in this folder, the port is
            taken, or a process ended; nothing is left running.
    """
    size = size or Size()
    environment = _environment(folder, size)
    with_java = java_version(environment)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _list_of(folder).exists():
        before = Cluster.of(folder)
        if any(process.running() for process in before.processes):
            raise ClusterError(
                f"A cluster runs in {folder} already, its Thrift server on port {before.port}; "
                "`make spark-down` stops it."
            )
    if port and not _is_free(port):
        raise ClusterError(
            f"Port {port} is taken; set NORTH_STAR_SPARK_PORT to one that is free, for "
            "`make spark-up` and for dbt."
        )
    ports = _free_ports(4)
    cluster = Cluster(
        folder=folder,
        port=port or ports[0],
        master_port=ports[1],
        master_web_port=ports[2],
        application_web_port=ports[3],
    )
    starting = _Starting(cluster, environment, report)
    master = f"spark://{LOOPBACK}:{cluster.master_port}"
    with starting.all_or_none():
        report(f"Java {with_java}; starting the master ...")
        starting.run(
            "master",
            [
                *("spark-class", "org.apache.spark.deploy.master.Master"),
                *("--host", LOOPBACK, "--port", str(cluster.master_port)),
                *("--webui-port", str(cluster.master_web_port)),
            ],
        )
        starting.wait("master", lambda: cluster.ask_master()["status"] == "ALIVE")
        report(f"The master listens on {master}; starting {size.workers} workers ...")
        for number in range(1, size.workers + 1):
            starting.run(
                f"worker-{number}",
                [
                    *("spark-class", "org.apache.spark.deploy.worker.Worker"),
                    *("--host", LOOPBACK, "--webui-port", "0"),
                    *("--cores", str(size.cores)),
                    *("--memory", size.worker_memory),
                    *("--work-dir", str(folder / f"worker-{number}")),
                    master,
                ],
            )
        starting.wait("worker-1", lambda: cluster.ask_master()["aliveworkers"] == size.workers)
        report("The workers are there; starting the Thrift server ...")
        starting.run(
            "thrift-server", _thrift_server(cluster, master, size), memory=size.driver_memory
        )
        starting.wait("thrift-server", lambda: _answers(cluster.port))
    report(f"The Thrift server listens on {LOOPBACK}:{cluster.port}.")
    return starting.cluster


def java_version(environment: Mapping[str, str] | None = None) -> int:
    """The version of Java that Spark would run on.

    Args:
        environment: variables to look in for JAVA_HOME and PATH; without it, this process's.

    Raises:
        ClusterError: there is none, or it is too old.
    """
    environment = os.environ if environment is None else environment
    home = environment.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else "java"
    found = shutil.which(java, path=environment.get("PATH"))
    missing = (
        f"Spark needs Java {OLDEST_JAVA} or newer, and {{}}; on Debian and Ubuntu install "
        "openjdk-17-jre-headless, or let JAVA_HOME name its folder."
    )
    if found is None:
        where = f"JAVA_HOME={home} has no bin/java" if home else "there is no java on PATH"
        raise ClusterError(missing.format(where))
    said = subprocess.run([found, "-version"], capture_output=True, text=True).stderr
    # openjdk version "17.0.15" 2025-04-15; Java 8 calls itself 1.8.
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        which = f"{found} is {version[1]}" if version else f"{found} tells no version"
        raise ClusterError(missing.format(which))
    return int(version[1])


def spark_home() -> Path:
    """The folder of Spark in the pyspark wheel.

    Raises:
        ClusterError: this Python has no pyspark.
    """
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise ClusterError(
            "This Python has no pyspark; `make spark-up` installs it in .venv-spark."
        )
    return Path(found.origin).parent


def default_folder() -> Path:
    """``<data>/spark``, in the folder that holds all state."""
    return DataFolder.from_environment().root / "spark"


# -- Starting --------------------------------------------------------------------------------------


class _Starting:
    """The processes of a cluster that is being started."""

    def __init__(
        self, cluster: Cluster, environment: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        self.cluster = cluster
        self._environment = environment
        self._report = report

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """Stop what was started if the rest cannot be."""
        try:
            yield
        except BaseException:
            self.cluster.stop()
            raise

    def run(self, role: str, command: Sequence[str], *, memory: str = "256m") -> None:
        """Start a process that outlives this one, and list it before anything is waited for.

        Args:
            role: of the process.
            command: a program in Spark's ``bin`` and its arguments.
            memory: of its own Java machine; a worker's executor has its own.
        """
        executable = Path(self._environment["SPARK_HOME"], "bin", command[0])
        with self._log(role).open("wb") as log:
            started = subprocess.Popen(
                [str(executable), *command[1:]],
                cwd=self.cluster.folder,
                env={**self._environment, "SPARK_DAEMON_MEMORY": memory},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = Process(role, started.pid, psutil.Process(started.pid).create_time())
        known = {**asdict(self.cluster), "processes": (*self.cluster.processes, process)}
        self.cluster = Cluster(**known)
        self.cluster.store()

    def wait(self, role: str, is_ready: Callable[[], bool]) -> None:
        """Wait until a process answers.

        Raises:
            ClusterError: it ended, or took too long.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                if is_ready():
                    return
            except (OSError, ValueError, KeyError):
                pass  # It does not listen yet, or its page is not there yet.
            ended = self.cluster.process(role).running() is None
            if ended or time.monotonic() > deadline:
                what = "ended" if ended else f"did not answer in {_START_SECONDS} seconds"
                log = self._log(role)
                raise ClusterError(f"The {role} {what}; {log} says: {_told_by(log)}")
            time.sleep(0.2)

    def _log(self, role: str) -> Path:
        return self.cluster.folder / f"{role}.log"


def _thrift_server(cluster: Cluster, master: str, size: Size) -> list[str]:
    folder = cluster.folder
    options = f"-Djava.net.preferIPv4Stack=true {size.java_options}".strip()
    configuration = {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraJavaOptions": f"{options} -Dderby.system.home={folder}",
        "spark.executor.extraJavaOptions": options,
        "spark.executor.cores": size.cores,
        "spark.ui.port": cluster.application_web_port,
        # Each small table that is joined reserves a page of memory, by default up to 64 MB.
        "spark.buffer.pageSize": "2m",
        "spark.sql.shuffle.partitions": size.shuffle_partitions or 2 * size.workers * size.cores,
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.local.dir": folder / "scratch",
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'catalogue'};create=true"
        ),
        "spark.hadoop.hive.server2.thrift.bind.host": LOOPBACK,
        "spark.hadoop.hive.server2.thrift.port": cluster.port,
        # As many sessions as dbt, a reader and a test may open, not a pool that is filled at once.
        "spark.hadoop.hive.server2.thrift.min.worker.threads": 4,
        # A new thread opens the catalogue anew: few that stay, not a hundred that come and go.
        "spark.hadoop.hive.server2.async.exec.threads": 16,
        "spark.hadoop.hive.server2.async.exec.keepalive.time": "3600s",
    }
    return [
        *("spark-submit", "--master", master),
        *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
        *("--driver-memory", size.driver_memory, "--executor-memory", size.worker_memory),
        *(f"--conf={name}={value}" for name, value in configuration.items()),
        "spark-internal",
    ]


def _environment(folder: Path, size: Size) -> dict[str, str]:
    return {
        **os.environ,
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_DAEMON_JAVA_OPTS": size.java_options,
        "SPARK_LOG_DIR": str(folder),
        "SPARK_CONF_DIR": str(folder / "conf"),
    }


def _told_by(log: Path) -> str:
    """The line that tells what went wrong: the first that names an exception, or the last."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if re.search(r"(Exception|Error)\b.*:", line)]
    return (named or lines[-1:] or ["nothing"])[0]


def _free_ports(number: int) -> list[int]:
    """Ports of the loopback address that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    with socket.create_connection((LOOPBACK, port), timeout=2):
        return True


def _read_json(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


def _stop(process: psutil.Process) -> None:
    """Ask a process to end, its children with it, and end what does not."""
    try:
        family = [process, *process.children(recursive=True)]
        process.send_signal(signal.SIGTERM)
    except psutil.NoSuchProcess:
        return
    for one in _alive(family):
        with suppress(psutil.NoSuchProcess):
            one.kill()
    _alive(family)


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Which of them still run after a while; not those that only wait for their parent to hear."""
    deadline = time.monotonic() + _STOP_SECONDS
    while processes and time.monotonic() < deadline:
        processes = [one for one in processes if one.is_running() and not _is_zombie(one)]
        time.sleep(0.1)
    return processes


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _list_of(folder: Path) -> Path:
    return folder / "cluster.json"


# -- Command line ----------------------------------------------------------------------------------


@click.group()
def main() -> None:
    """A Spark cluster on this machine, for trying and testing the project on Spark."""


_folder = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where it keeps everything; without it, spark/ in the data folder.",
)


@main.command("up")
@_folder
@click.option("--port", type=int, envvar="NORTH_STAR_SPARK_PORT", default=DEFAULT_PORT)
@click.option("--workers", type=click.IntRange(1), default=Size.workers, show_default=True)
@click.option("--cores", type=click.IntRange(1), default=Size.cores, show_default=True)
@click.option("--worker-memory", default=Size.worker_memory, show_default=True)
@click.option("--driver-memory", default=Size.driver_memory, show_default=True)
@click.option("--java-options", default=Size.java_options, help="For all its Java machines.")
def up(folder: Path | None, port: int, **size: Any) -> None:
    """Start the cluster."""
    with _one_sentence():
        folder = (folder or default_folder()).resolve()
        cluster = start(folder, port=port, size=Size(**size), report=click.echo)
        click.echo(
            f"Its page is http://{LOOPBACK}:{cluster.master_web_port}, its logs are in {folder}."
        )


@main.command("down")
@_folder
def down(folder: Path | None) -> None:
    """Stop the cluster; its tables stay."""
    with _one_sentence():
        Cluster.of((folder or default_folder()).resolve()).stop()
        click.echo("The cluster is stopped.")


@main.command("status")
@_folder
def status(folder: Path | None) -> None:
    """Say which processes run."""
    with _one_sentence():
        cluster = Cluster.of((folder or default_folder()).resolve())
        for process in cluster.processes:
            state = "runs" if process.running() else "has ended"
            click.echo(f"{process.role} {state} (pid {process.pid}).")


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except (ClusterError, SettingsError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
