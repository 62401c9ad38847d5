"""Tables of a lake in place of what landing writes: the contract is checked at the door."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spark.builds import SparkProject
from tests.spark.raw import write_raw
from tools.spark_cluster import Cluster

pytestmark = pytest.mark.spark

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
        "select 'sk_live_4242' as token_id, now() as requested_at, 200 as status_code",
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


@pytest.fixture(scope="module")
def spark(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> SparkProject:
    """The project on the cluster."""
    return SparkProject(cluster, tmp_path_factory.mktemp("dbt"))


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
        cwd=Path(__file__).resolve().parents[2],
        env=spark.environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    *refusals, good = json.loads(answers.read_text())
    for (name, (table, _, sentence)), said in zip(WRONG.items(), refusals, strict=True):
        assert f"var lake_tables names lake.{name} for {table}, but {sentence}" in said
        assert "4242" not in said
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
