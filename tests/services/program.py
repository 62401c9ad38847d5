"""Published sets to be read: the real marts of a small program, and small ones made by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from orchestration.publishing import publish
from orchestration.publishing.builds import build_folder, keep_build
from orchestration.publishing.current import write_record
from orchestration.publishing.versions import point_link
from orchestration.sample import simulate
from orchestration.settings import PROJECT, DataFolder

_DEVELOPERS = 150
_PATIENCE_SECONDS = 30


class Program:
    """A data folder after a real run, of which further versions can be published.

    Attributes:
        data: the folder.
    """

    def __init__(self, data: DataFolder) -> None:
        self.data = data
        self._versions = 1

    @property
    def database(self) -> Path:
        """What a BI tool is given: the path through the link."""
        return self.data.published / "north_star.duckdb"

    @property
    def parquet(self) -> Path:
        """The folder of Parquet files, through the link."""
        return self.data.published / "parquet"

    def rows(self, query: str) -> list[tuple]:
        """The rows of a query on what is published, by plain DuckDB."""
        # Attached, because a process cannot open one database with two configurations.
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.database}' as published (read_only)")
            connection.execute("use published")
            return connection.execute(query).fetchall()

    def tables(self) -> list[str]:
        """Names of the published tables."""
        return [name for (name,) in self.rows("select table_name from duckdb_tables() order by 1")]

    def publish_next(self) -> str:
        """Publish a version with one token-week fewer; returns its run id."""
        self._versions += 1
        with duckdb.connect(self.data.warehouse) as warehouse:
            week, token = warehouse.execute(
                "select week_start, token_id from marts.fct_weekly_active_tokens "
                "order by week_start, token_id limit 1"
            ).fetchone()
            warehouse.execute(
                "delete from marts.fct_weekly_active_tokens "
                "where week_start = $1 and token_id = $2",
                [week, token],
            )
            warehouse.execute(
                "update marts.fct_north_star_weekly "
                "set weekly_active_tokens = weekly_active_tokens - 1 where week_start = $1",
                [week],
            )
        artifacts = self.data.root / "artifacts"
        shutil.copytree(build_folder(self.data), artifacts, dirs_exist_ok=True)
        keep_build(self.data, artifacts)
        return publish(self.data, f"run-{self._versions}").run_id


def run_program(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A program's data folder after ``make run``: built once for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = base / "program"
    with FileLock(base / "program.lock"):
        if not root.exists():
            incoming = base / "program-incoming"
            incoming.mkdir()
            simulate(incoming / "landing", developers=_DEVELOPERS)
            done = subprocess.run(
                [sys.executable, "-m", "orchestration", "run"],
                cwd=PROJECT,
                env={**os.environ, "NORTH_STAR_DATA": str(incoming)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert done.returncode == 0, done.stdout
            incoming.rename(root)
    return DataFolder(root)


def copy_program(run: DataFolder, place: Path) -> Program:
    """A copy that a test may publish into."""
    ignore = shutil.ignore_patterns("dagster", "landing", "dev")
    # With their times: publishing looks whether the warehouse is as it was built.
    shutil.copytree(run.root, place, symlinks=True, ignore=ignore)
    return Program(DataFolder(place))


def publish_by_hand(
    data: DataFolder,
    run_id: str,
    statements: Iterable[str],
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Publish tables that SQL makes, with a table ``publication`` that says the run id.

    Args:
        data: the data folder.
        run_id: names the publication.
        statements: DuckDB's SQL.
        keys: columns that identify a row, by table.
    """
    folder = data.publications / run_id
    (folder / "dbt").mkdir(parents=True)
    with duckdb.connect(folder / "north_star.duckdb") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create table publication (run_id varchar not null primary key)")
        connection.execute("insert into publication values ($1)", [run_id])
        for statement in statements:
            connection.execute(statement)
    nodes: dict[str, dict] = {}
    for name, key in (keys or {}).items():
        unique_id = f"model.north_star.{name}"
        nodes[unique_id] = {
            **{"unique_id": unique_id, "resource_type": "model", "name": name, "alias": name},
            **{"schema": "marts", "fqn": ["north_star", "marts", name], "description": ""},
            **{"columns": {}, "config": {"materialized": "table", "enabled": True}},
        }
        test_id = f"test.north_star.unique_key_{name}"
        nodes[test_id] = {
            **{"unique_id": test_id, "resource_type": "test", "name": f"unique_key_{name}"},
            **{"attached_node": unique_id, "fqn": ["north_star", "marts", test_id]},
            "test_metadata": {"name": "unique_key", "kwargs": {"columns": list(key)}},
            "config": {"materialized": "test", "enabled": True},
        }
    (folder / "dbt" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    published_at = datetime(2026, 11, 1) + timedelta(minutes=len(list(data.publications.iterdir())))
    row = {
        "run_id": run_id,
        "published_at": published_at.isoformat(),
        "is_sample": True,
        "watermark": None,
    }
    write_record(folder, {"schema": None, "publication": row, "latest_final_week": None})
    point_link(data, folder)


def wait_until(condition: Callable[[], Any]) -> None:
    """Waits until a condition holds, and fails when it never does."""
    patience_ends = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < patience_ends
        time.sleep(0.05)
