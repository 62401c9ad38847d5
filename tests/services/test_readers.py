"""Readers during runs and publications."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.publishing import current_publication, damage, kept_publications
from orchestration.settings import PROJECT, DataFolder
from tests.toy import ToyProject

pytestmark = pytest.mark.services

RUNS = 4

# Several runs in one process, which is faster than a command for each. Every run has a new file to
# land, so that no two publications are alike.
SOME_RUNS = """
import json, sys
from orchestration.refresh import refresh
from orchestration.settings import DataFolder
data = DataFolder.from_environment()
folder = data.landing / "api_gateway" / "api_requests"
folder.mkdir(parents=True, exist_ok=True)
for number in range(*map(int, sys.argv[1:])):
    request = {"requested_at": "2026-11-02T12:00:00Z", "token_id": f"t{number}", "status_code": 200}
    (folder / f"{number}.jsonl").write_text(json.dumps(request) + "\\n")
    refresh(data)
"""

# Readers of four kinds in a loop, each as its tool does it: run_id, rows of one table, and what
# another table says they are. Two tables of one publication must agree.
READER = """
import collections, json, os, signal, sys, time
kind, published = sys.argv[1:]
database = published + "/north_star.duckdb"
QUERY = (
    "select run_id, (select count(*) from fct_weekly_active_tokens), "
    "(select sum(weekly_active_tokens)::bigint from fct_north_star_weekly) from publication"
)
if kind == "duckdb":
    import duckdb
    def read():
        with duckdb.connect(database, read_only=True) as connection:
            return connection.execute(QUERY).fetchone()
elif kind == "sqlalchemy":
    from sqlalchemy import create_engine, pool, text
    engine = create_engine(
        "duckdb:///" + database, poolclass=pool.NullPool, connect_args={"read_only": True}
    )
    def read():
        with engine.connect() as connection:
            return tuple(connection.execute(text(QUERY)).one())
elif kind == "adbc":
    import adbc_driver_duckdb
    from adbc_driver_manager import dbapi
    driver = {"driver": adbc_driver_duckdb.driver_path(), "entrypoint": "duckdb_adbc_init"}
    options = {"path": database, "access_mode": "READ_ONLY"}
    def read():
        with dbapi.connect(**driver, db_kwargs=options) as connection:
            with connection.cursor() as cursor:
                cursor.execute(QUERY)
                return cursor.fetchone()
elif kind == "parquet":
    import pyarrow.parquet as parquet
    def read():
        folder = os.path.realpath(published) + "/parquet/"  # one version for all that follows
        table = lambda name: parquet.read_table(folder + name).to_pylist()
        weeks = sum(week["weekly_active_tokens"] for week in table("fct_north_star_weekly"))
        ((run,), tokens) = table("publication"), table("fct_weekly_active_tokens")
        return run["run_id"], len(tokens), weeks
stopped, seen = [], collections.Counter()
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
print("ready", flush=True)
while not stopped:
    run_id, active, counted = read()
    assert active == counted, (run_id, active, counted)
    seen[f"{run_id} {active}"] += 1
    time.sleep(0.25)  # leaves the processors to the runs
print(json.dumps(seen))
"""

# Publications of made-up builds, one for each line that it reads: its number, and the name of what
# kills it half way, if anything does.
PUBLISHER = """
import os, signal, sys
from pathlib import Path
from orchestration.publishing import copying, publish, versions
from orchestration.settings import DataFolder
from tests.orchestration.test_publish import build
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
data = DataFolder.from_environment()
for line in sys.stdin:
    number, *death = line.split()
    build(data, int(number))
    for name in death:
        if name == "replace":
            Path.replace = kill
        elif name == "content":
            copying.content = kill
        else:
            assert name in publish.__globals__
            publish.__globals__[name] = kill
    publish(data, "run-" + number)
    print("published", flush=True)
"""

# In a table that is half written; when all is; in its place, but not linked; just before the link
# is replaced; linked, but not logged.
DEATHS = ("content", "seal", "switch", "replace", "log_publication")


@contextmanager
def reading(kinds: tuple[str, ...], data: DataFolder) -> Iterator[list[dict[str, int]]]:
    """Readers meanwhile; afterwards what each saw, and that none was refused anything."""
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, kind, str(data.published)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    seen: list[dict[str, int]] = []
    try:
        for reader in readers:
            assert reader.stdout.readline() == "ready\n", reader.communicate()[1]
        yield seen
    finally:
        ends = []
        for reader in readers:
            reader.terminate()
            ends.append(reader.communicate(timeout=60))
    for reader, (said, complaint) in zip(readers, ends, strict=True):
        assert reader.returncode == 0, complaint
        seen.append(json.loads(said))


def counts(seen: dict[str, int]) -> list[int]:
    return [int(key.split()[1]) for key in seen]


def test_a_reader_in_a_loop_never_fails_and_sees_every_run(tmp_path: Path) -> None:
    toy = ToyProject(tmp_path)
    first = toy.python("-c", SOME_RUNS, "0", "1")
    assert first.returncode == 0, first.stdout
    with reading(("duckdb",), toy.data) as seen:
        runs = toy.python("-c", SOME_RUNS, "1", str(RUNS + 1))
        assert runs.returncode == 0, runs.stdout
    # The loop is far quicker than a run: it has seen every publication, each with its own count.
    assert counts(seen[0]) == list(range(1, RUNS + 2))


class Publisher:
    """A process that publishes, and is started again when it was killed."""

    def __init__(self, data: DataFolder) -> None:
        self._environment = {
            **os.environ,
            "NORTH_STAR_DATA": str(data.root),
            "PYTHONPATH": str(PROJECT),
        }
        self._process: subprocess.Popen[str] | None = None

    def publish(self, number: int, death: str = "") -> None:
        """Publish a set with so many tokens, or die of ``death`` while it is published."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PUBLISHER],
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        print(number, death, file=self._process.stdin, flush=True)
        said = self._process.stdout.readline()
        if death:
            _, complaint = self._process.communicate(timeout=60)
            assert self._process.returncode == -signal.SIGKILL, complaint
            self._process = None
        else:
            assert said == "published\n", self._process.communicate()[1]

    def stop(self) -> None:
        """End the process."""
        if self._process:
            self._process.communicate(timeout=60)


def test_eight_readers_of_four_kinds_see_whole_versions_while_publications_come_and_are_killed(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path)
    publisher = Publisher(data)
    publisher.publish(1)
    deaths = dict(zip((7, 17, 27, 37, 47), DEATHS, strict=True))
    kinds = ("duckdb", "sqlalchemy", "adbc", "parquet") * 2
    try:
        with reading(kinds, data) as seen:
            for number in range(2, 52):
                publisher.publish(number, deaths.get(number, ""))
    finally:
        publisher.stop()
    # A set is seen when it is linked: all but those that were killed before.
    linked = set(range(1, 52)) - {number for number, death in deaths.items() if death != DEATHS[-1]}
    for kind, versions in zip(kinds, seen, strict=True):
        assert set(counts(versions)) <= linked, kind
        assert counts(versions) == sorted(counts(versions)), kind
        assert len(versions) > 25, (kind, versions)
    # Nothing is left of those that were killed.
    kept = kept_publications(data)
    assert [each.run_id for each in kept] == [f"run-{number}" for number in range(51, 44, -1)]
    assert {path.name for path in data.publications.iterdir()} == {each.run_id for each in kept}
    assert [damage(each.folder) for each in kept] == [None] * 7
    assert current_publication(data) == kept[0]
    assert list(data.root.glob(".published*")) == []
    assert list(data.raw.glob(".incoming*")) == []
