"""The digest of the same tables on Spark and on DuckDB: word for word."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.publishing.spark import ask_spark
from orchestration.report.digest import compose, markdown
from tests.report.evidence import unproven
from tests.report.marts import COLUMNS, TABLES, digest, published
from tests.toy import ToyProject

if TYPE_CHECKING:
    from tools.spark_cluster import Cluster

hive = pytest.importorskip("pyhive.hive", reason="make install-spark has not been run")
pytestmark = pytest.mark.spark

SCHEMA = "toy_digest"


class Reader:
    """A connection as DB-API has it, with one cursor."""

    def __init__(self, port: int) -> None:
        self._cursor = hive.connect("127.0.0.1", port=port, username="reader").cursor()

    def execute(self, query: str) -> Any:
        self._cursor.execute(query)
        return self._cursor


@pytest.fixture
def reader(cluster: Cluster) -> Reader:
    """Connected to a database with the tables of the digest."""
    reader = Reader(cluster.port)
    reader.execute(f"create schema {SCHEMA}")
    reader.execute(f"use {SCHEMA}")
    row = {"run_id": "3467ef32-e1ef-4569", "watermark": "2025-12-18 23:59:00", "is_sample": False}
    for table, rows in {**TABLES, "publication": [row]}.items():
        reader.execute(f"create table {table} using parquet as {rows_in_sql(table, rows)}")
    return reader


def rows_in_sql(table: str, rows: Any) -> str:
    """The rows of a table, in Spark's SQL."""

    def value(value: Any, kind: str) -> str:
        if value is None:
            text = "null"
        elif isinstance(value, str):
            text = "'" + value.replace("'", "\\'") + "'"
        else:
            text = str(value).lower()
        return f"cast({text} as {kind.replace('varchar', 'string')})"

    columns = [column.split() for column in COLUMNS[table].split(", ")]
    selects = (
        "select " + ", ".join(f"{value(row.get(name), kind)} as {name}" for name, kind in columns)
        for row in rows
    )
    return " union all ".join(selects)


def test_the_digest_says_the_same_on_both_engines(
    cluster: Cluster, reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyProject(tmp_path, "spark", cluster.port)
    for name, value in toy.environment.items():
        monkeypatch.setenv(name, value)
    publication = published(tmp_path / "run")
    ask = partial(ask_spark, toy.data, SCHEMA, [*TABLES, "publication"], project=toy.folder)
    text = markdown(compose(publication, ask))
    assert text == digest(publication)
    # And whoever pastes its queries there gets its numbers.
    assert unproven(text, reader) == []
