"""The same models, seeds, tests and contracts on a cluster of two workers.

Their order spares time: seeds are loaded once, and only the last test adds to them.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import Options, land
from orchestration.settings import DataFolder
from tests.properties.comparison import differences as differences_to_reference
from tests.properties.reference import marts_of, understand
from tests.properties.test_arrival_order import landed, piles_of
from tests.properties.warehouse import MARTS, VARIANTS, variables
from tests.properties.worlds import (
    GROWING_SEEDS,
    REQUESTS,
    Row,
    random_world,
    write_batch,
)
from tests.spark.builds import DuckProject, SparkProject, differences, in_memory
from tests.spark.raw import write_raw
from tests.worlds import test_real_logs
from tests.worlds.conftest import SHARED_DATA
from tools.spark_cluster import Cluster

pytestmark = pytest.mark.spark

# One with rows of both log sources, rotations, mergers, gaps.
SEED_OF_INCREMENTS = 2003
SEED_OF_CALIFORNIA = 7


@pytest.fixture(scope="module")
def spark(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> SparkProject:
    """The project on the cluster."""
    return SparkProject(cluster, tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="module")
def increments() -> list[dict[str, list[Row]]]:
    """A world in two landings; rows of each week come late, with the second."""
    chance = random.Random(SEED_OF_INCREMENTS)
    world = random_world(SEED_OF_INCREMENTS, VARIANTS["defaults"])
    return landed(piles_of(world, chance), 2, chance)


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of that world."""
    return tmp_path_factory.mktemp("growing")


def test_all_models_seeds_and_tests_pass(
    spark: SparkProject, growing: Path, increments: list[dict[str, list[Row]]]
) -> None:
    write_raw(growing, increments[0])
    statuses = spark.dbt(growing, "build")
    assert set(statuses.values()) <= {"success", "pass", "warn"}
    kinds = Counter(unique_id.split(".")[0] for unique_id in statuses)
    project = Path(__file__).resolve().parents[2]
    assert kinds["model"] == len(list(project.glob("models/**/*.sql")))
    assert kinds["seed"] == len(list(project.glob("seeds/*.csv")))
    assert kinds["unit_test"] > 60
    assert kinds["test"] > 400


@pytest.fixture
def seeds(spark: SparkProject) -> None:
    """The lists of the project, which the first test has loaded where it was run."""
    if not spark.execute("show schemas like 'seeds'"):
        spark.dbt(Path(tempfile.mkdtemp()), "seed")


def test_both_workers_did_the_work(cluster: Cluster, spark: SparkProject) -> None:
    workers = cluster.ask_master()["workers"]
    assert [(worker["state"], worker["coresused"]) for worker in workers] == [("ALIVE", 1)] * 2
    tasks = [executor["completedTasks"] for executor in cluster.ask_executors()]
    assert len(tasks) == 2
    # Neither did nearly everything.
    assert min(tasks) > sum(tasks) / 10


def test_late_rows_are_counted_though_a_worker_is_killed(
    spark: SparkProject, growing: Path, increments: list[dict[str, list[Row]]]
) -> None:
    write_raw(growing, increments[1])
    killed = []

    def kill_a_worker(line: str) -> None:
        if "OK created" in line and "int_token_days" in line:
            worker = spark.cluster.process("worker-2").running()
            assert worker is not None
            for process in [worker, *worker.children(recursive=True)]:
                process.kill()
            killed.append(line)

    before = date_counts(spark)
    spark.dbt(growing, "run", watch=kill_a_worker)
    assert killed
    assert spark.cluster.process("worker-2").running() is None
    told = differences(spark, DuckProject(growing))
    assert not told, "\n".join(told)
    after = date_counts(spark)
    changed = [week for week, requests in before.items() if after[week] != requests]
    # Late rows, not only later ones.
    assert len(changed) > 2


def date_counts(spark: SparkProject) -> dict[date, int]:
    """Requests by week."""
    return dict(
        spark.execute(
            "select week_start, sum(requests) from marts.fct_request_outcomes_weekly "
            "where week_start is not null group by week_start"
        )
    )


class _World:
    """What the tests of real logs ask, answered by the marts that Spark built."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._database.execute(query).fetchall()


@pytest.mark.usefixtures("seeds")
def test_real_logs_equal_their_truth(spark: SparkProject, tmp_path: Path) -> None:
    files = SHARED_DATA / "foundation"
    if not files.is_dir():
        pytest.skip("shared/data/foundation is not beside this project")
    shutil.copytree(files, tmp_path / "landing", ignore=shutil.ignore_patterns("truth_*"))
    land(DataFolder(tmp_path), progress=lambda line: None, options=Options())
    spark.dbt(tmp_path, "run")
    world = _World(in_memory(spark))
    for check in (
        test_real_logs.test_every_week_equals_its_truth,
        test_real_logs.test_growth_of_every_grain_starts_from_the_truth,
        test_real_logs.test_weeks_that_the_truth_does_not_list_are_gaps,
    ):
        check(lambda name: world, "foundation")


@pytest.mark.usefixtures("seeds")
def test_a_world_of_another_calendar_equals_the_reference(
    spark: SparkProject, tmp_path: Path
) -> None:
    """Weeks from Sunday, days of Los Angeles, two qualified requests, no allowance.

    The gateway's log is a table in somebody's lake, which landing has never seen.
    """
    settings = VARIANTS["california"]
    world = random_world(SEED_OF_CALIFORNIA, settings)
    expected = marts_of(understand(world.tables, settings), world.tables)
    assert expected["fct_weekly_active_tokens"]
    write_raw(tmp_path, world.tables | {REQUESTS: []})
    with duckdb.connect() as connection:
        write_batch(connection, {REQUESTS: world.tables[REQUESTS]}, tmp_path / "lake")
    spark.execute("create schema if not exists lake")
    spark.execute("drop table if exists lake.gateway_log")
    files = f"{tmp_path}/lake/{REQUESTS}/*.parquet"
    spark.execute(f"create table lake.gateway_log as select * from parquet.`{files}`")
    given = variables(settings) | {"lake_tables": {"api_gateway.api_requests": "lake.gateway_log"}}
    for name in GROWING_SEEDS:
        for row in world.tables.get(name, ()):
            values = ", ".join(f"'{value}'" for value in (*row.values(), "random"))
            columns = ", ".join((*row, "reason"))
            spark.execute(f"insert into seeds.{name} ({columns}) values ({values})")
    wanted = [f"+{name}" for name in MARTS]
    spark.dbt(tmp_path, "run", "--vars", json.dumps(given), "--select", *wanted)
    found = {name: spark.rows(f"marts.{name}") for name in MARTS}
    told = differences_to_reference(expected, found)
    assert not told, "\n".join(told)
