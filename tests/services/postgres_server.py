"""A PostgreSQL of one's own, from Debian's package, on this machine only."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_PATIENCE_SECONDS = 30
_PASSWORD = "p@ss w%rd"  # what has to be encoded in a URL
_OWNER = "owner"


class PostgresServer:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._databases = 0

    def url(self, database: str, user: str = _OWNER, password: str = "p%40ss%20w%25rd") -> str:
        """A connection URL; everybody has the same password."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def connect(
        self, database: str, user: str = _OWNER, autocommit: bool = True
    ) -> psycopg.Connection:
        """A connection by another driver than the one that copies."""
        return psycopg.connect(self.url(database, user), autocommit=autocommit)

    def new_database(self) -> str:
        """The name of an empty database."""
        self._databases += 1
        name = f"bi_{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"create database {name} template template0")
        return name

    def new_role(self, name: str) -> None:
        """A role without any right, unless it is there."""
        with self.connect("postgres") as connection:
            if not connection.execute("select from pg_roles where rolname = %s", [name]).rowcount:
                connection.execute(f"create role {name} login password '{_PASSWORD}'")


@contextmanager
def running_server(folder: Path) -> Iterator[PostgresServer]:
    """Starts a server whose files are in ``folder``, and stops it; skips where there is none."""
    programs = _programs()
    # PostgreSQL refuses to run as root; whoever it runs as must reach its files.
    as_nobody = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.geteuid() == 0 else []
    place = Path("/tmp") / f"north-star-postgres-{os.getpid()}" if as_nobody else folder
    place.mkdir(mode=0o700)
    password = place / "password"
    password.write_text(_PASSWORD)
    if as_nobody:
        for path in (place, password):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    initdb = [programs / "initdb", "-D", place / "data", "-U", _OWNER, "--pwfile", password]
    initdb += ["-E", "UTF8", "--locale", "C.UTF-8", "--auth", "scram-sha-256", "--no-sync"]
    process = None
    log = (folder / "postgres.log").open("w+")
    try:
        subprocess.run([*as_nobody, *initdb], check=True, stdout=log, stderr=log, cwd="/")
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            # What it does at any moment takes locks that are not the copy's.
            "autovacuum": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        process = subprocess.Popen(
            [*as_nobody, programs / "postgres", "-D", place / "data", *options],
            stdout=log,
            stderr=log,
            cwd="/",
        )
        server = PostgresServer(port)
        _wait(server, process, Path(log.name))
        yield server
    finally:
        if process:
            process.terminate()
            # By now nobody but a test that failed can be connected.
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.send_signal(2)  # SIGINT: a fast shutdown
                process.wait(timeout=_PATIENCE_SECONDS)
        log.close()
        if place != folder:
            shutil.rmtree(place, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    if not found and not folders:
        pytest.skip("no PostgreSQL server: apt-get install --no-install-recommends postgresql")
    return Path(found).parent if found else folders[-1]


def _wait(server: PostgresServer, process: subprocess.Popen, log: Path) -> None:
    patience_ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            server.connect("postgres").close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > patience_ends:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.1)
