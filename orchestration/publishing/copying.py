"""Writing a published set on DuckDB: one database and a Parquet file for each table.

What is written is compared with what was audited, row by row, before anybody can read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publishing.errors import PublishError

DATABASE = "north_star.duckdb"


@dataclass(frozen=True)
class Copy:
    """One table to write.

    Attributes:
        name: of the table.
        query: its rows, in SQL.
        comment: what the table is.
        columns: comments of columns.
        required: columns that are never NULL.
        key: columns that identify a row.
    """

    name: str
    query: str
    comment: str
    columns: Mapping[str, str]
    required: Iterable[str] = ()
    key: tuple[str, ...] = ()


def write_tables(
    connection: duckdb.DuckDBPyConnection, copies: Iterable[Copy], folder: Path
) -> None:
    """Write tables into the database ``connection`` is open on, and below ``folder/parquet/``.

    Raises:
        PublishError: a table or its Parquet file does not hold exactly the rows of its query.
    """
    for copy in copies:
        table = f"main.{quoted(copy.name)}"
        connection.execute(f"create table {table} ({_columns(connection, copy)})")
        connection.execute(f"insert into {table} {copy.query}")
        connection.execute(f"comment on table {table} is {literal(copy.comment)}")
        for name, comment in copy.columns.items():
            column = f"{table}.{quoted(name)}"
            connection.execute(f"comment on column {column} is {literal(comment)}")
        parquet = folder / "parquet" / copy.name / "0.parquet"
        parquet.parent.mkdir(parents=True)
        connection.execute(f"copy {table} to {literal(parquet)} (format parquet, compression zstd)")
        expected = content(connection, f"({copy.query})")
        for written in (table, f"read_parquet({literal(parquet)})"):
            if content(connection, written) != expected:
                raise PublishError(f"{copy.name} was not written as it was built: run again.")
    # What cannot be written to disk shall fail here and not when the connection is closed.
    connection.execute("checkpoint")


def _columns(connection: duckdb.DuckDBPyConnection, copy: Copy) -> str:
    """Columns and constraints of a table.

    A key of one column becomes a primary key. Longer ones are said in the comment only: the index
    behind a key of two columns makes a fact four times as large and seven times as slow to write.
    """
    described = connection.execute(f"describe {copy.query}").fetchall()
    required = set(copy.required)
    parts = [
        f"{quoted(name)} {data_type}{' not null' if name in required else ''}"
        for name, data_type, *_ in described
    ]
    if len(copy.key) == 1 and required.issuperset(copy.key):
        parts.append(f"primary key ({quoted(copy.key[0])})")
    return ", ".join(parts)


def content(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int]:
    """Number of rows and a checksum that does not depend on their order."""
    query = f"select count(*), coalesce(sum(hash(one)), 0) from (select * from {rows}) as one"
    return connection.execute(query).fetchone()


def literal(text: Path | str) -> str:
    """A text in SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(identifier: str) -> str:
    """A name in SQL."""
    return '"' + identifier.replace('"', '""') + '"'
