"""A Spark cluster of several processes, started once for all tests that need one."""

from __future__ import annotations

import fcntl
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Without Spark these tests cannot even be imported: make test-spark makes one that can.
if importlib.util.find_spec("psutil") is None or importlib.util.find_spec("pyspark") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.spark.builds import SparkProject
    from tools.spark_cluster import Cluster, ClusterError, Size, java_version, start

# The tests' queries are small and many: what counts is that Java starts fast. So it compiles once,
# and needs more room for the code than it then expects: without, it would interpret most of it.
# Nobody needs the tests' catalogue after a power failure.
QUICK_START = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC -XX:NewRatio=1 "
    "-Dderby.system.durability=test"
)
# What Spark gains from these on large data it loses on a hundred rows many times over: plans that
# are made again while they run, code that is compiled, plans in words for its web page.
SMALL_DATA = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.lightweightPlanChangeValidation": "false",
    "spark.sql.debug.maxToStringFields": "1",
    "spark.sql.maxPlanStringLength": "100",
    "spark.sql.ui.explainMode": "simple",
    # Forgetting what is past takes its web page longer than remembering all of it.
    "spark.sql.ui.retainedExecutions": "100000",
    "spark.ui.retainedJobs": "100000",
    "spark.ui.retainedStages": "100000",
}
# Rows of one key meet across workers, in as few tasks as that takes.
PARTITIONS = 2
# Hadoop reads these lists of its defaults for each session and each thread, which took the Thrift
# server more time than most queries. None of them matters on one machine's disk.
HADOOP_DEFAULTS = ("core", "hdfs", "mapred", "yarn")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One master, two workers and a Thrift server; skips where Spark or Java is absent.

    Test processes that run side by side share them: the first starts, the last stops.
    """
    missing = _what_is_missing()
    if missing and not os.environ.get("NORTH_STAR_CI"):
        pytest.skip(missing)
    assert not missing, missing
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "spark"
    folder.mkdir(exist_ok=True)
    with _users(folder) as users:
        shared = Cluster.of(folder) if users else _start(folder)
        users.append(str(os.getpid()))
    yield shared
    with _users(folder) as users:
        users.remove(str(os.getpid()))
        if not users:
            shared.stop()


def _start(folder: Path) -> Cluster:
    (folder / "conf").mkdir(exist_ok=True)
    for name in HADOOP_DEFAULTS:
        (folder / "conf" / f"{name}-default.xml").write_text("<configuration/>")
    settings = "".join(f"{name} {value}\n" for name, value in SMALL_DATA.items())
    (folder / "conf" / "spark-defaults.conf").write_text(settings)
    return start(folder, size=Size(java_options=QUICK_START, shuffle_partitions=PARTITIONS))


@contextmanager
def _users(folder: Path) -> Iterator[list[str]]:
    """The test processes that use the cluster, for one of them at a time to read and to change."""
    with (folder / "users").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = file.read().split()
        yield users
        file.truncate(0)
        file.write(" ".join(users))


@pytest.fixture(scope="session")
def spark(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> SparkProject:
    """The project on the cluster, read by dbt once for all tests."""
    return SparkProject(cluster, tmp_path_factory.mktemp("dbt"))


def _what_is_missing() -> str | None:
    if importlib.util.find_spec("pyspark") is None:
        return "this environment has no Spark: make test-spark makes one that has"
    try:
        java_version()
    except ClusterError as error:
        return str(error)
    return None
