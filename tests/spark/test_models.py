"""The same models, seeds, tests and contracts on a cluster of two workers, every CRM among them.

Their order spares time: the first test loads the seeds and builds what the second one adds to.
They stand in one file because they fill the same databases: files are run side by side.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import Options, land
from orchestration.settings import PROJECT, DataFolder
from tests.compiled import compile_ahead
from tests.properties.comparison import differences as differences_to_reference
from tests.properties.crms import CUSTOM_FIELD, RetoldWorld
from tests.properties.reference import marts_of, understand
from tests.properties.warehouse import MARTS, VARIANTS, variables
from tests.properties.worlds import (
    EVENTS,
    GROWING_SEEDS,
    REJECTS,
    REQUESTS,
    Row,
    World,
    random_world,
    raw_columns,
    write_batch,
)
from tests.spark.builds import DuckProject, SparkProject, differences, in_memory, insertion
from tests.spark.raw import write_raw
from tests.worlds import test_real_logs
from tests.worlds.conftest import SHARED_DATA
from tools.spark_cluster import Cluster

pytestmark = pytest.mark.spark

# Weeks from Sunday, days of Los Angeles, two qualified requests, no allowance.
CALENDAR = VARIANTS["california"]
# One with rows of both log sources, rotations, mergers, gaps, and of every table of HubSpot.
SEED = 172
# What the truth of the real logs is about.
WITH_TRUTH = (
    "fct_growth_accounting_weekly",
    "fct_north_star_weekly",
    "fct_request_outcomes_weekly",
    "fct_weekly_active_tokens",
)
LAKE_TABLE = "lake.gateway_log"
CRMS = ("salesforce", "crm", "hubspot")
VARIABLES = variables(CALENDAR) | {
    "crm_sources": CRMS,
    "crm_trust_order": ["hubspot"],
    "crm_custom_fields": [
        {"name": f"hubspot.company.{CUSTOM_FIELD}", "alias": "support_tier", "type": "string"},
        {"name": "salesforce.contact.lead_source", "alias": "lead_source", "type": "string"},
    ],
}


@dataclass(frozen=True)
class Project:
    """A random world in a data folder; three CRMs, and the gateway's log in somebody's lake.

    Attributes:
        world: all of it.
        data: the folder, with what has arrived.
        late: raw rows that come later, of each week and of each log.
    """

    world: RetoldWorld
    data: Path
    late: dict[str, list[Row]]

    @property
    def variables(self) -> list[str]:
        """How dbt is told of the calendar and of the lake."""
        lake_tables = {REQUESTS.replace("/", "."): LAKE_TABLE}
        return ["--vars", json.dumps(VARIABLES | {"lake_tables": lake_tables})]


@pytest.fixture(scope="module")
def project(spark: SparkProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Most of a world, for the first build."""
    drawn = random_world(SEED, CALENDAR)
    # Rows of rejects that lack what every reject has.
    world = RetoldWorld(World(SEED, drawn.tables | {REJECTS: []}), CRMS)
    chance = random.Random(SEED)
    first = {table: rows for table, rows in world.tables.items() if table in raw_columns()}
    late: dict[str, list[Row]] = {}
    for log in (REQUESTS, EVENTS):
        rows = list(world.tables[log])
        late[log] = [row for row in rows if chance.random() < 0.3]
        first[log] = [row for row in rows if row not in late[log]]
    data = tmp_path_factory.mktemp("world")
    spark.execute("create schema if not exists lake")
    spark.execute(f"create table {LAKE_TABLE} as {_rows_of(data, first[REQUESTS])}")
    write_raw(data, first | {REQUESTS: []})
    return Project(world, data, late)


def _rows_of(data: Path, requests: list[Row]) -> str:
    """The query for the rows of a log as Spark reads them."""
    folder = Path(tempfile.mkdtemp(dir=data))
    with duckdb.connect() as connection:
        write_batch(connection, {REQUESTS: requests}, folder)
    return f"select * from parquet.`{folder}/{REQUESTS}/*.parquet`"


def test_all_models_seeds_and_tests_pass(spark: SparkProject, project: Project) -> None:
    statuses = spark.dbt(project.data, "build", *project.variables)
    # Nothing is built of exposures and saved queries.
    assert {
        status
        for unique_id, status in statuses.items()
        if unique_id.split(".")[0] not in ("exposure", "saved_query")
    } <= {"success", "pass", "warn"}
    kinds = Counter(unique_id.split(".")[0] for unique_id in statuses)
    assert kinds["model"] == len(list(PROJECT.glob("models/**/*.sql")))
    assert kinds["seed"] == len(list(PROJECT.glob("seeds/*.csv")))
    assert kinds["unit_test"] > 60
    assert kinds["test"] > 200


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
    spark: SparkProject, project: Project, tmp_path: Path
) -> None:
    """Then every mart equals DuckDB's, and the reference where it has one."""
    spark.execute(f"insert into {LAKE_TABLE} {_rows_of(project.data, project.late[REQUESTS])}")
    write_raw(project.data, {EVENTS: project.late[EVENTS]})
    for name in GROWING_SEEDS:
        for row in project.world.tables.get(name, ()):
            spark.execute(insertion(f"seeds.{name}", row))
    killed = []

    def kill_a_worker(line: str) -> None:
        if "OK created" in line and "int_token_days " in line:
            worker = spark.cluster.process("worker-2").running()
            assert worker is not None
            for process in [worker, *worker.children(recursive=True)]:
                process.kill()
            killed.append(line)

    before = requests_by_week(spark)
    # What reads the logs or the lists; views of them read the same tables.
    changed = ("source:api_gateway", "source:cloudtrail", *GROWING_SEEDS)
    tables = ("--select", *(f"{name}+,config.materialized:table" for name in changed))
    with ThreadPoolExecutor() as meanwhile:
        meanwhile.submit(compile_ahead, [VARIABLES])
        spark.dbt(project.data, "run", *tables, *project.variables, watch=kill_a_worker)
    assert killed
    assert spark.cluster.process("worker-2").running() is None
    after = requests_by_week(spark)
    changed = [week for week, requests in before.items() if after[week] != requests]
    # Late rows, not only later ones.
    assert len(changed) > 2

    write_raw(tmp_path, project.world.tables)
    duck = DuckProject(tmp_path, VARIABLES, project.world.tables)
    told = differences(spark, duck)
    assert not told, "\n".join(told)
    told_in_files = project.world.told
    expected = project.world.renamed(marts_of(understand(told_in_files, CALENDAR), told_in_files))
    assert expected["fct_weekly_active_tokens"]
    tiers = {row["support_tier"] for row in spark.rows("marts.dim_companies")}
    assert tiers & {"gold", "iron"} and "unknown" in tiers
    told = differences_to_reference(expected, {name: spark.rows(f"marts.{name}") for name in MARTS})
    assert not told, "\n".join(told)


def requests_by_week(spark: SparkProject) -> dict[date, int]:
    """What has been counted."""
    spark.execute("refresh table marts.fct_request_outcomes_weekly")
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
    # With the lists of the project alone; to the others nobody has added.
    models_and_lists = ("--exclude-resource-types", "test", "unit_test")
    lists = [path.stem for path in PROJECT.glob("seeds/*.csv") if path.stem not in GROWING_SEEDS]
    marts = ("--select", *(f"+{name}" for name in WITH_TRUTH), "--exclude", *lists)
    spark.dbt(tmp_path, "build", *models_and_lists, *marts)
    world = _World(in_memory(spark))
    for check in (
        test_real_logs.test_every_week_equals_its_truth,
        test_real_logs.test_growth_of_every_grain_starts_from_the_truth,
        test_real_logs.test_weeks_that_the_truth_does_not_list_are_gaps,
    ):
        check(lambda name: world, "foundation")


LOG = "api_gateway.api_requests"
DEVELOPERS = "developer_portal.developers"
GOOD_LOG = (
    "select 'a1b2' as token_id, timestamp_ntz'2026-01-05 10:00:00' as requested_at, "
    "cast(200 as smallint) as status_code, 'kept out' as password"
)
WRONG = {
    "no_such_table": (LOG, None, "there is no such table"),
    "no_time": (LOG, "select 'a' as token_id, 200 as status_code", "it has no column requested_at"),
    "raw_key": (
        LOG,
        "select 'sk_live_1' as token, current_timestamp() as requested_at, 200 as status_code",
        "it has token, which is kept as a hash only: give it token_id instead",
    ),
    "key_as_id": (
        LOG,
        "select 'sk_live_of_somebody' as token_id, now() as requested_at, 200 as status_code",
        "its token_id looks like a raw API key",
    ),
    "text_as_time": (
        LOG,
        "select 'a' as token_id, '2026-01-05' as requested_at, 200 as status_code",
        "its column requested_at is string and has to be timestamp: cast it in a view",
    ),
    "nobody": (
        DEVELOPERS,
        "select cast(null as string) as developer_id, current_timestamp() as signed_up_at",
        "1 of its rows have no developer_id or no signed_up_at",
    ),
}

# One process for all: dbt takes seconds to start.
TRY = """
import json, sys
from dbt.cli.main import dbtRunner
manifest = dbtRunner().invoke(["--quiet", "parse", "--target", "spark"]).result
answers = []
for tables in json.loads(sys.argv[1]):
    said = []
    dbt = dbtRunner(manifest=manifest, callbacks=[lambda event: said.append(event.info.msg)])
    arguments = ["--quiet", "run-operation", "expose_sources", "--target", "spark"]
    result = dbt.invoke([*arguments, "--vars", json.dumps({"lake_tables": tables})])
    answers.append("" if result.success else " ".join(said))
open(sys.argv[2], "w").write(json.dumps(answers))
"""


def test_the_contract_is_checked_at_the_door(spark: SparkProject, tmp_path: Path) -> None:
    spark.execute("create schema if not exists lake")
    tables = {name: query for name, (_, query, _) in WRONG.items() if query} | {"good": GOOD_LOG}
    for name, query in tables.items():
        spark.execute(f"drop table if exists lake.{name}")
        spark.execute(f"create table lake.{name} as {query}")
    cases = [{table: f"lake.{name}"} for name, (table, _, _) in WRONG.items()]
    write_raw(tmp_path)
    answers = Path(tmp_path, "answers.json")
    done = subprocess.run(
        [sys.executable, "-c", TRY, json.dumps([*cases, {LOG: "lake.good"}]), str(answers)],
        cwd=PROJECT,
        env=spark.environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    *refusals, good = json.loads(answers.read_text())
    for (name, (table, _, sentence)), said in zip(WRONG.items(), refusals, strict=True):
        assert f"var lake_tables names lake.{name} for {table}, but {sentence}" in said
        assert "of_somebody" not in said
    assert not good
    types = spark.types("api_gateway.api_requests")
    assert types["requested_at"] == "timestamp"
    assert types["status_code"] == "int"
    assert "password" not in types
    ((token_id, path, landed_at, now),) = spark.execute(
        "select token_id, path, _landed_at, current_timestamp() from api_gateway.api_requests"
    )
    assert (token_id, path) == ("a1b2", None)
    # What is there when the run starts has arrived.
    assert landed_at <= now
