"""Whole runs of a small project on Spark: what readers see of each."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.publishing.spark import valid_name
from orchestration.report import DIGEST
from tests.toy import ToyProject

if TYPE_CHECKING:
    from tools.spark_cluster import Cluster

hive = pytest.importorskip("pyhive.hive", reason="make install-spark has not been run")
pytestmark = pytest.mark.spark

PUBLISHED = "toy_north_star"
WEEKLY = "select sum(weekly_active_tokens) from {}.fct_north_star_weekly"
ACTIVE = "select count(*) from {}.fct_weekly_active_tokens"

# Runs in one process, which spares each the start of Dagster: one for each line it reads.
RUNS = """
import sys
from orchestration.refresh import RefreshError, refresh
from orchestration.settings import DataFolder
from orchestration.summary import summarise
data = DataFolder.from_environment()
for _ in sys.stdin:
    try:
        refresh(data)
        print(summarise(data))
    except RefreshError as error:
        print(f"The run failed. {error}")
    print("-- ended", flush=True)
"""

# A publication of the last build that is killed when its tables are copied and no view is switched.
KILLED = """
import os, signal
from unittest.mock import patch
from orchestration.publishing import publish
from orchestration.settings import DataFolder
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
with patch.dict(publish.__globals__, {"switch": kill}):
    publish(DataFolder.from_environment(), "killed-run")
"""


class Runs:
    """The process that runs."""

    def __init__(self, toy: ToyProject) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNS],
            cwd=toy.folder,
            env=toy.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> str:
        """The job ``refresh``, once; what it printed."""
        print(file=self.process.stdin, flush=True)
        return "".join(iter(self.process.stdout.readline, "-- ended\n"))


class Reader:
    """A connection as a BI tool holds it."""

    def __init__(self, port: int) -> None:
        self._cursor = hive.connect("127.0.0.1", port=port, username="reader").cursor()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(query)
        return self._cursor.fetchall()

    def value(self, query: str) -> Any:
        ((value,),) = self.rows(query)
        return value

    def publications(self) -> set[str]:
        found = self.rows(f"show schemas like '{PUBLISHED}_publication_*'")
        return {name.removeprefix(f"{PUBLISHED}_publication_") for (name,) in found}


@contextmanager
def reading(port: int) -> Iterator[Counter[Any]]:
    """A reader in a loop meanwhile; what it saw, and what it was refused."""
    seen: Counter[Any] = Counter()
    ended = threading.Event()

    def read() -> None:
        reader = Reader(port)
        while not ended.wait(0.2):  # leaves the processors to the run
            try:
                seen["a view", reader.value(ACTIVE.format(PUBLISHED))] += 1
                run_id = reader.value(f"select run_id from {PUBLISHED}.publication")
                one_set = f"{PUBLISHED}_publication_{valid_name(run_id)}"
                query = f"select ({ACTIVE}), ({WEEKLY})".replace("{}", one_set)
                seen["one set", *reader.rows(query)[0]] += 1
            except Exception as error:
                seen["refused", str(error)] += 1

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def toy(cluster: Cluster, tmp_path: Path) -> ToyProject:
    """A small project with a test that one token makes fail."""
    toy = ToyProject(tmp_path, "spark", cluster.port)
    test = toy.folder / "tests" / "dbt" / "assert_nobody_is_called_mallory.sql"
    test.write_text(
        "select * from {{ ref('fct_weekly_active_tokens') }} where token_id = 'mallory'"
    )
    return toy


@pytest.fixture
def runs(toy: ToyProject) -> Iterator[Runs]:
    """Runs of that project."""
    runs = Runs(toy)
    yield runs
    runs.process.kill()
    runs.process.communicate()


def test_readers_see_one_audited_set_after_the_other(
    cluster: Cluster, toy: ToyProject, runs: Runs
) -> None:
    reader = Reader(cluster.port)

    # The first run publishes, and tells what it has published.
    toy.drop("1.jsonl", [("2026-11-02", "ada", 200), ("2026-11-10", "ada", 200)])
    said = runs.run()
    assert "Week of 2026-11-02 to 2026-11-08, the latest that is final" in said
    ((first, *facts),) = reader.rows(
        "select run_id, checks_run, checks_passed, cast(watermark as string), is_sample "
        f"from {PUBLISHED}.publication"
    )
    assert facts == [3, 3, "2026-11-10 12:00:00", False]
    assert f"database {PUBLISHED}_publication_{valid_name(first)} on Spark" in said
    assert reader.value(ACTIVE.format(PUBLISHED)) == 2
    digest = (toy.data.published / DIGEST).read_text()
    assert digest.startswith("# Week of 2026-11-02 to 2026-11-08\n")
    assert "- Weekly active tokens: 1. [3]\n" in digest

    # One is killed between copying and switching, another left half a copy: nobody sees either.
    assert toy.python("-c", KILLED).returncode == -signal.SIGKILL
    reader.rows(f"create schema {PUBLISHED}_publication_half")
    reader.rows(f"create table {PUBLISHED}_publication_half.dim_weeks using parquet as select 1")
    assert reader.value(f"select run_id from {PUBLISHED}.publication") == first
    # Views that other people make and views of marts that are no more.
    reader.rows(f"create view {PUBLISHED}.mine as select run_id from {PUBLISHED}.publication")
    marked = "tblproperties ('north_star.published' = 'true')"
    reader.rows(f"create view {PUBLISHED}.fct_of_yesterday {marked} as select 1 as one")

    # A failed test leaves the views as they were.
    toy.drop("2.jsonl", [("2026-11-12", "mallory", 200)])
    before = reader.rows(f"select * from {PUBLISHED}.publication")
    *_, failed = runs.run().splitlines()
    assert failed.startswith("The run failed. dbt build failed: assert_nobody_is_called_mallory.")
    assert "What is published is still the set of" in failed
    assert reader.rows(f"select * from {PUBLISHED}.publication") == before
    assert reader.value(ACTIVE.format(PUBLISHED)) == 2

    # The next run that passes finishes, while somebody reads.
    assert toy.run("withdraw", "api_gateway/api_requests/2.jsonl").returncode == 0
    (toy.data.landing / "api_gateway" / "api_requests" / "2.jsonl").unlink()
    toy.drop("3.jsonl", [("2026-11-11", "grace", 200)])
    with reading(cluster.port) as seen:
        said = runs.run()
    assert "Published" in said
    # 2 rows before, 3 after; the two tables of one set always agree.
    assert set(seen) <= {("a view", 2), ("a view", 3), ("one set", 2, 2), ("one set", 3, 3)}, seen
    assert seen["one set", 2, 2]
    assert reader.value(ACTIVE.format(PUBLISHED)) == 3
    second = reader.value(f"select run_id from {PUBLISHED}.mine")
    assert reader.publications() == {valid_name(each) for each in (first, "killed-run", second)}
    views = {view for _, view, _ in reader.rows(f"show views in {PUBLISHED}")}
    assert views == {
        "fct_north_star_weekly",
        "fct_weekly_active_tokens",
        "fct_weekly_values",
        "publication",
        "mine",
    }
    # The documentation is shown where BI tools look for it, in views that were switched, too.
    described = reader.rows(f"describe {PUBLISHED}.fct_weekly_active_tokens")
    assert ("token_id", "string", "Hash of the key.") in described

    # Readers go back; what is not kept any more is dropped with a switch.
    assert toy.run("rollback", first).returncode == 0
    assert reader.value(ACTIVE.format(PUBLISHED)) == 2
    assert reader.value(f"select run_id from {PUBLISHED}.publication") == first
    shutil.rmtree(toy.data.publications / "killed-run")
    assert toy.run("rollback", second).returncode == 0
    assert reader.publications() == {valid_name(first), valid_name(second)}
    assert reader.value(ACTIVE.format(PUBLISHED)) == 3
