"""A program made up in SQL, written into raw/ as landing would have stored it, and its build."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import BenchError
from orchestration.landing.contract import read_contract
from orchestration.landing.raw import RawFolder
from orchestration.settings import PROJECT, DataFolder


def provide(data: Path, tables: Mapping[str, str], prepare: str = "") -> None:
    """Writes the rows of a program, unless they are there.

    Args:
        data: the data folder to make.
        tables: by raw table, a query for its rows; what the contract has and a query leaves out is
            NULL.
        prepare: SQL that the queries need to have run.
    """
    if data.exists():
        return
    incoming = data.with_name(f"incoming-{data.name}")
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    raw = RawFolder(DataFolder(incoming).raw)
    raw.prepare()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        raw.store_empty_batch(connection, read_contract())
        if prepare:
            connection.execute(prepare)
        columns = read_contract().raw_columns()
        for name, query in tables.items():
            folder = incoming / "raw" / "batches" / "000001" / name
            folder.mkdir(parents=True)
            given = f"({query})"
            found = {row[0] for row in connection.execute(f"describe {given}").fetchall()}
            own = {
                "_file_hash": f"'{name}'",
                "_row_number": "row_number() over ()",
                "_landed_at": "timestamp '2026-01-02'",
            }
            listed = ", ".join(
                f"cast({column if column in found else own.get(column, 'null')} as {kind})"
                f" as {column}"
                for column, kind in columns[name].items()
            )
            connection.execute(
                f"copy (select {listed} from {given} as given) "
                f"to '{folder}/0.parquet' (format parquet, compression zstd)"
            )
    incoming.rename(data)


def build(data: str, select: str, counts: Mapping[str, str]) -> dict[str, Any]:
    """Loads the seeds and builds models, one at a time.

    Args:
        data: the data folder.
        select: which models, as dbt selects them; empty for all.
        counts: by name, a relation whose rows are counted.

    Returns:
        ``seconds`` of all ``models``, and of each by its name; the counts.
    """
    target = Path(data, "target")
    shutil.rmtree(Path(data, "dev"), ignore_errors=True)
    Path(data, "dev").mkdir()
    environment = {
        **os.environ,
        "NORTH_STAR_DATA": data,
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
    }
    dbt = Path(sys.executable).with_name("dbt")
    chosen = ["--select", select] if select else []
    for command in (["seed"], ["run", *chosen]):
        done = subprocess.run(
            # One model at a time has both cores, and its time is its own.
            [dbt, "--quiet", *command, "--target", "dev", "--threads", "1"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise BenchError(f"dbt {command[0]} failed: {done.stdout[-2_000:]}")
    results = json.loads((target / "run_results.json").read_bytes())
    with duckdb.connect(f"{data}/dev/dev.duckdb", read_only=True) as connection:
        counted = {
            name: connection.execute(f"select count(*) from {relation}").fetchone()[0]
            for name, relation in counts.items()
        }
    return {
        "seconds": results["elapsed_time"],
        "models": {
            each["unique_id"].split(".")[-1]: each["execution_time"] for each in results["results"]
        },
        **counted,
    }
