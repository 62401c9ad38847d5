"""The hand-written script beside the models: running ``peer.sql``, and comparing what it gives.

Its rows have to equal the models' in every column that it has; a benchmark against something that
computes something else would say nothing.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import BenchError
from orchestration.landing.raw import EMPTY_BATCH
from orchestration.landing.secrets import literal
from orchestration.settings import PROJECT

FACTS = (
    "fct_weekly_active_tokens",
    "fct_weekly_active_companies",
    "fct_time_to_first_hello_world",
)
LOG = "api_gateway/api_requests"
_INPUTS = {
    "log": LOG,
    "ledger": "landing/files",
    "repeats": "landing/repeats",
    "portal_tokens": "developer_portal/api_tokens",
    "portal_developers": "developer_portal/developers",
    "companies": "crm/companies",
    "contacts": "crm/contacts",
    "stars": "github/profiles",
}


def files_of(data: str, table: str) -> list[str]:
    """The Parquet files of a raw table, without the empty batch's, in order."""
    batches = Path(data, "raw", "batches")
    return sorted(
        str(path) for path in batches.glob(f"*/{table}/*.parquet") if EMPTY_BATCH not in path.parts
    )


def run_peer(data: str, database: str, memory_limit: str, steps: bool = False) -> dict[str, Any]:
    """Runs the script into a database of its own.

    Args:
        data: the data folder.
        database: the file it writes; one that is there is replaced.
        memory_limit: as DuckDB takes it.
        steps: measure the statements one by one.

    Returns:
        ``steps``: CPU seconds by the first words of each statement, where they were asked for.
    """
    Path(database).unlink(missing_ok=True)
    took: dict[str, float] = {}
    with duckdb.connect(
        database, config={"threads": 2, "memory_limit": memory_limit}
    ) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, table in _INPUTS.items():
            listed = ", ".join(map(literal, files_of(data, table)))
            connection.execute(f"set variable {name} = [{listed}]")
        connection.execute(f"set variable seeds = {literal(str(PROJECT / 'seeds'))}")
        script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
        if not steps:
            connection.execute(script)
            return {"steps": took}
        for statement in connection.extract_statements(script):
            started = time.process_time()
            connection.execute(statement)
            lines = [line for line in statement.query.splitlines() if line.strip()]
            first = next((line for line in lines if not line.startswith("--")), "")
            took[first] = took.get(first, 0) + time.process_time() - started
    return {"steps": took}


def scan(data: str) -> list[str]:
    """Reads three columns of the log: the floor under everything that reads it once."""
    with duckdb.connect(config={"threads": 2}) as connection:
        listed = ", ".join(map(literal, files_of(data, LOG)))
        return [
            str(value)
            for value in connection.execute(
                "select max(token_id), max(requested_at), max(status_code) "
                f"from read_parquet([{listed}])"
            ).fetchone()
        ]


def differences(database: str, warehouse: str) -> dict[str, int]:
    """Rows that only the script or only the models have, by fact.

    Args:
        database: what ``run_peer`` wrote.
        warehouse: what dbt built.
    """
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(database)} as peer (read_only)")
        connection.execute(f"attach {literal(warehouse)} as models (read_only)")
        for fact in FACTS:
            columns = ", ".join(
                row[0] for row in connection.execute(f"describe peer.{fact}").fetchall()
            )
            ours, theirs = (
                f"select {columns} from {relation}.{fact}" for relation in ("models.marts", "peer")
            )
            found[fact] = connection.execute(
                f"select (select count(*) from ({ours} except all {theirs})) "
                f"+ (select count(*) from ({theirs} except all {ours}))"
            ).fetchone()[0]
    return found


def refuse_differences(database: str, warehouse: str) -> None:
    """Refuses to go on where the script and the models do not agree.

    Raises:
        BenchError: they differ; the message says in which fact and in how many rows.
    """
    found = {fact: rows for fact, rows in differences(database, warehouse).items() if rows}
    if found:
        listed = ", ".join(f"{fact} in {rows:,} rows" for fact, rows in found.items())
        raise BenchError(f"The models and bench/peer.sql differ: {listed}.")
