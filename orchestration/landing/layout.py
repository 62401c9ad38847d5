"""How rows of raw/ lie in their files once compaction has been there.

Rows of a log lie date by date, so that queries for weeks leave out most row groups, and within a
date by the column that its contract names: who counts by token finds the rows of each side by side.
A file says in its own metadata how it is sorted, so that it is sorted once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.landing.batch import PARQUET, list_of
from orchestration.landing.contract import Table
from orchestration.landing.secrets import literal
from orchestration.landing.values import identifier

_MARK = "sorted_by"


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    query: str,
    file: Path,
    parameters: Mapping[str, object] | None = None,
) -> int:
    """Writes rows of a raw table as compaction leaves them.

    Args:
        connection: a connection whose TimeZone is UTC; rows that do not fit in its memory spill.
        table: the table.
        query: SQL of the rows, with the columns of lineage and no order.
        file: the Parquet file to write, in a folder that is there.
        parameters: values to bind to the query.

    Returns:
        The number of rows.
    """
    order = _order_of(table)
    if not order:
        copied, options = query, PARQUET
    else:
        described = connection.execute(f"describe {query}", dict(parameters or {})).fetchall()
        present = {identifier(name) for name, *_ in described}
        # A column that came to the contract later is empty here.
        by = ", ".join(sql for name, sql in order if name in present)
        copied = f"from ({query}) order by {by}"
        options = f"{PARQUET[:-1]}, kv_metadata {{{_MARK}: {literal(_mark(order))}}})"
    (rows,) = connection.execute(
        f"copy ({copied}) to {literal(str(file))} {options}", dict(parameters or {})
    ).fetchone()
    return rows


def is_sorted(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> bool:
    """Whether files of a table are one, in the order in which its rows should lie."""
    order = _order_of(table)
    if not order or not files:
        return True
    (marked,) = connection.execute(
        f"select count(*) from parquet_kv_metadata({list_of(files)}) "
        f"where decode(key) = {literal(_MARK)} and decode(value) = {literal(_mark(order))}"
    ).fetchone()
    return len(files) == marked == 1


def _order_of(table: Table) -> list[tuple[str, str]]:
    """The order of a table's rows: columns, and SQL of what counts of them; none for no log."""
    if not table.event_time:
        return []
    time = identifier(table.event_time)
    by = table.sorted_by
    within = [(time, f"{time}::date"), (identifier(by), identifier(by))] if by else []
    return [*within, *((name, name) for name in (time, '"_file_hash"', '"_row_number"'))]


def _mark(order: Sequence[tuple[str, str]]) -> str:
    return ", ".join(sql for _, sql in order)
