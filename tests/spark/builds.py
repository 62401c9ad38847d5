"""Builds of the project on Spark and on DuckDB from one data folder, and what differs."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import PROJECT
from tests.compiled import Models, compile_models
from tools.spark_cluster import LOOPBACK, Cluster

Vars = Mapping[str, Any]
Row = dict[str, Any]

# What each engine calls the types that a contract knows.
TYPES = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
# dbt opens a session for each node, which costs the server more than most of the queries. Here
# each of its threads keeps one.
_DBT = """
import sys
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.cli.main import dbtRunner
SparkConnectionManager.release = lambda self: None
sys.exit(not dbtRunner().invoke(sys.argv[1:]).success)
"""
_RELATIVE_TOLERANCE = 1e-9
_MOST_ROWS_SHOWN = 4


class SparkProject:
    """The project on a cluster.

    Attributes:
        cluster: that it is built on.
    """

    def __init__(self, cluster: Cluster, workshop: Path) -> None:
        """Takes a cluster and a folder for what dbt writes."""
        self.cluster = cluster
        self._workshop = workshop

    def dbt(
        self, data: Path, *arguments: str, watch: Callable[[str], None] = lambda line: None
    ) -> dict[str, str]:
        """Run dbt on the target ``spark``.

        Args:
            data: the data folder, with its raw tables.
            arguments: of dbt.
            watch: is told each line that dbt prints.

        Returns:
            The status of each node by its unique id.
        """
        running = subprocess.Popen(
            [sys.executable, "-c", _DBT, *arguments, "--target", "spark"],
            cwd=PROJECT,
            env=self.environment(data),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert running.stdout is not None
        printed = []
        for line in running.stdout:
            printed.append(line)
            watch(line)
        assert running.wait() == 0, "".join(printed[-60:])
        results = json.loads((self._workshop / "target" / "run_results.json").read_bytes())
        return {result["unique_id"]: result["status"] for result in results["results"]}

    def environment(self, data: Path) -> dict[str, str]:
        """What dbt needs to know of a data folder and of the cluster."""
        # One name for all folders: dbt reads the project anew when an environment variable changes.
        here = self._workshop / "data"
        here.unlink(missing_ok=True)
        here.symlink_to(data)
        return {
            **os.environ,
            "NORTH_STAR_DATA": str(here),
            "NORTH_STAR_SPARK_HOST": LOOPBACK,
            "NORTH_STAR_SPARK_PORT": str(self.cluster.port),
            "DBT_TARGET_PATH": str(self._workshop / "target"),
            "DBT_LOG_PATH": str(self._workshop / "logs"),
            "DBT_USE_COLORS": "false",
        }

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows that Spark answers to a statement."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def types(self, relation: str) -> dict[str, str]:
        """Columns of a relation and their types."""
        return {name: kind for name, kind, _ in self.execute(f"describe table {relation}")}

    def rows(self, relation: str) -> list[dict[str, Any]]:
        """All rows of a relation."""
        # Another session may have replaced it meanwhile.
        self.execute(f"refresh table {relation}")
        types = self.types(relation)
        found = self.execute(f"select {', '.join(types)} from {relation}")
        # PyHive hands dates over as text.
        reads = [date.fromisoformat if kind == "date" else None for kind in types.values()]
        return [
            {
                name: read(value) if read and value is not None else value
                for name, read, value in zip(types, reads, row, strict=True)
            }
            for row in found
        ]

    @cached_property
    def _connection(self) -> Any:
        from pyhive import hive

        return hive.connect(
            LOOPBACK, self.cluster.port, configuration={"spark.sql.session.timeZone": "UTC"}
        )


class DuckProject:
    """The project's models in a DuckDB database in memory, for a data folder.

    Attributes:
        models: as dbt compiled them.
    """

    def __init__(self, data: Path, variables: Vars, added: Mapping[str, list[Row]]) -> None:
        """Builds all models and seeds; blocking data tests must hold.

        Args:
            data: the data folder, with its raw tables.
            variables: the vars to compile the models with.
            added: rows that seeds have besides their own.
        """
        self.models: Models = compile_models(variables=variables)
        self.connection = self.models.connect(data / "raw" / "batches")
        for step in self.models.steps:
            if step.is_check:
                assert not self.connection.execute(step.query).fetchall(), step.name
            else:
                self.connection.execute(step.statement())
            if step.is_seed:
                for row in added.get(step.name, ()):
                    self.connection.execute(insertion(step.relation, row))

    def types(self, relation: str) -> dict[str, str]:
        """Columns of a relation and their types, by Spark's names."""
        described = self.connection.execute(f"describe {relation}").fetchall()
        return {name: TYPES[kind] for name, kind, *_ in described}

    def rows(self, relation: str) -> list[dict[str, Any]]:
        """All rows of a relation."""
        found = self.connection.execute(f"select * from {relation}")
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    @cached_property
    def marts(self) -> dict[str, str]:
        """The relation of each mart."""
        return {
            name: relation
            for name, relation in self.models.relations.items()
            if relation.split(".")[1].strip('"') == "marts"
        }


def insertion(relation: str, row: Row) -> str:
    """The statement that adds a row of texts to a seed that people edit, with a reason."""
    values = ", ".join(f"'{value}'" for value in (*row.values(), "random"))
    return f"insert into {relation} ({', '.join(row)}, reason) values ({values})"


def differences(spark: SparkProject, duck: DuckProject) -> list[str]:
    """What differs between the marts of two builds, in words: columns, types, rows."""
    told = []
    for name, relation in duck.marts.items():
        wanted, got = duck.types(relation), spark.types(f"marts.{name}")
        if wanted != got:
            told.append(f"{name}: the columns are {got}, not {wanted}")
            continue
        told += _different_rows(name, spark.rows(f"marts.{name}"), duck.rows(relation))
    return told


def _different_rows(name: str, found: list[Row], expected: list[Row]) -> list[str]:
    if len(found) != len(expected):
        return [f"{name}: {len(found)} rows, not {len(expected)}"]
    pairs = zip(sorted(found, key=_order), sorted(expected, key=_order), strict=True)
    unequal = [
        {
            column: (value, wanted[column])
            for column, value in got.items()
            if not _are_equal(value, wanted[column])
        }
        for got, wanted in pairs
    ]
    told = [f"  {row}" for row in unequal if row]
    if told:
        told = [f"{name}: {len(told)} rows differ (found, expected):", *told[:_MOST_ROWS_SHOWN]]
    return told


def _order(row: Mapping[str, Any]) -> list[tuple[bool, str]]:
    # Fractions may differ in their last bit, so they come last, cut.
    exact = [value for value in row.values() if not isinstance(value, float)]
    rough = [f"{value:.9g}" for value in row.values() if isinstance(value, float)]
    return [(value is not None, _text(value)) for value in (*exact, *rough)]


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _are_equal(got: Any, wanted: Any) -> bool:
    if isinstance(got, float) and isinstance(wanted, float):
        return math.isclose(got, wanted, rel_tol=_RELATIVE_TOLERANCE)
    return got == wanted


def in_memory(spark: SparkProject) -> duckdb.DuckDBPyConnection:
    """The marts as Spark stored them, in a DuckDB database that tests can ask in SQL."""
    database = duckdb.connect()
    for _, name, _ in spark.execute("show tables in marts"):
        files = spark.cluster.folder / "warehouse" / "marts.db" / name / "*.parquet"
        database.execute(f"create table {name} as from read_parquet('{files}')")
    return database
