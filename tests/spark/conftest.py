"""A Spark cluster for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tools.spark_cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that is started once; skips where Spark or Java is missing, which fails in CI."""
    for module in ("psutil", "pyspark"):
        pytest.importorskip(module, reason="make install-spark has not been run")
    from tools.spark_cluster import ClusterError, Size, java_version, start

    try:
        java_version()
    except ClusterError as error:
        pytest.skip(str(error))
    size = Size(java_options="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    started = start(tmp_path_factory.mktemp("spark"), size=size)
    yield started
    started.stop()
