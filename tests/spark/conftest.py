"""A Spark cluster of several processes, started once for all tests that need one."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

import pytest

# Without Spark these tests cannot even be imported: make test-spark makes one that can.
if importlib.util.find_spec("psutil") is None or importlib.util.find_spec("pyspark") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from tools.spark_cluster import Cluster, ClusterError, Size, java_version, start

# The tests' queries are small and many: what counts is that Java starts fast. And nobody needs
# their catalogue after a power failure.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.system.durability=test"
# What Spark gains from these on large data it loses on a hundred rows many times over.
SMALL_DATA = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.maxPlanStringLength": "100",
}
# Hadoop reads these lists of its defaults for each session and each thread, which took the Thrift
# server more time than most queries. None of them matters on one machine's disk.
HADOOP_DEFAULTS = ("core", "hdfs", "mapred", "yarn")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One master, two workers and a Thrift server; skips where Spark or Java is absent."""
    missing = _what_is_missing()
    if missing and not os.environ.get("NORTH_STAR_CI"):
        pytest.skip(missing)
    assert not missing, missing
    folder = tmp_path_factory.mktemp("spark")
    (folder / "conf").mkdir()
    for name in HADOOP_DEFAULTS:
        (folder / "conf" / f"{name}-default.xml").write_text("<configuration/>")
    settings = "".join(f"{name} {value}\n" for name, value in SMALL_DATA.items())
    (folder / "conf" / "spark-defaults.conf").write_text(settings)
    started = start(folder, size=Size(java_options=QUICK_START))
    yield started
    started.stop()


def _what_is_missing() -> str | None:
    if importlib.util.find_spec("pyspark") is None:
        return "this environment has no Spark: make test-spark makes one that has"
    try:
        java_version()
    except ClusterError as error:
        return str(error)
    return None
