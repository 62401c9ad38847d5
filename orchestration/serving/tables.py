"""The shape of tables: as DuckDB has published them, and as PostgreSQL shall have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from orchestration.publishing.copying import content, literal, quoted
from orchestration.serving.errors import ServeError

# As PostgreSQL's format_type() spells them, so that both sides can be compared.
_TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "VARCHAR": "text",
}
_DECIMAL = re.compile(r"DECIMAL(\(\d+,\d+\))")

# What dashboards filter and look up by; where a key begins with one, its own index serves.
_LOOKED_UP = frozenset(("week_start", "cohort_week", "company_id", "developer_id"))

SERVED = "served_tables"


@dataclass(frozen=True)
class Column:
    """A column as PostgreSQL has it.

    Attributes:
        name: of the column.
        type: as PostgreSQL spells it.
        is_required: whether it is never NULL.
        comment: what it means; empty if nothing is said.
    """

    name: str
    type: str
    is_required: bool
    comment: str = ""


@dataclass(frozen=True)
class Table:
    """A table as PostgreSQL has it.

    Attributes:
        name: of the table.
        columns: in their order.
        key: columns of the primary key; empty if there is none.
        comment: what it is; empty if nothing is said.
        query: its rows, in DuckDB's SQL; empty for a table that was found in PostgreSQL.
        rows: number of rows of ``query``.
        checksum: of the rows of ``query``, whatever their order.
    """

    name: str
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    comment: str = ""
    query: str = ""
    rows: int = 0
    checksum: str = ""

    @property
    def looked_up(self) -> list[str]:
        """Columns that get an index of their own."""
        first_of_key = self.key[:1]
        return [
            column.name
            for column in self.columns
            if column.name in _LOOKED_UP and (column.name,) != first_of_key
        ]

    def has_shape_of(self, other: Table) -> bool:
        """Whether columns, key and all that is said are the same, whatever the order of columns."""
        same = (self.key, self.comment) == (other.key, other.comment)
        return same and set(self.columns) == set(other.columns)


def read_tables(
    published: duckdb.DuckDBPyConnection, keys: Mapping[str, tuple[str, ...]]
) -> list[Table]:
    """Every table of a published database.

    Args:
        published: a connection to it.
        keys: columns that identify a row, by table. DuckDB has no primary keys of several columns.

    Raises:
        ServeError: a column has a type that PostgreSQL is not given.
    """
    found = published.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() order by table_name"
    ).fetchall()
    return [_read(published, name, comment, keys.get(name, ())) for name, comment in found]


def _read(
    published: duckdb.DuckDBPyConnection, name: str, comment: str, key: tuple[str, ...]
) -> Table:
    found = published.execute(
        "select column_name, data_type, not is_nullable, coalesce(comment, '') "
        "from duckdb_columns() where table_name = $1 order by column_index",
        [name],
    ).fetchall()
    columns = tuple(
        Column(column, _postgres_type(f"{name}.{column}", data_type), is_required, said)
        for column, data_type, is_required, said in found
    )
    required = {column.name for column in columns if column.is_required}
    rows, checksum = content(published, quoted(name))
    return Table(
        name,
        columns,
        # A primary key takes no NULL.
        key if required.issuperset(key) else (),
        comment,
        f"select {', '.join(map(_exported, columns))} from {quoted(name)}",
        rows,
        str(checksum),
    )


def _postgres_type(column: str, data_type: str) -> str:
    decimal = _DECIMAL.fullmatch(data_type)
    if decimal:
        return f"numeric{decimal[1]}"
    if data_type not in _TYPES:
        raise ServeError(
            f"{column} is of DuckDB's type {data_type}, for which no type of PostgreSQL is known: "
            "add it to orchestration/serving/tables.py."
        )
    return _TYPES[data_type]


def _exported(column: Column) -> str:
    # PostgreSQL's text cannot hold the character U+0000, which JSON can deliver.
    name = quoted(column.name)
    return f"replace({name}, chr(0), '') as {name}" if column.type == "text" else name


def list_of(tables: list[Table]) -> Table:
    """The table that lists others, by which the next copy knows what it has made and may leave."""
    values = ", ".join(
        f"({literal(table.name)}, {table.rows}::bigint, {literal(table.checksum)})"
        for table in tables
    )
    return Table(
        SERVED,
        (
            Column("table_name", "text", True, "Name of a table in this schema."),
            Column("row_count", "bigint", True, "How many rows it has."),
            Column("checksum", "text", True, "Of its rows, whatever their order, by DuckDB."),
        ),
        ("table_name",),
        "The tables that make serve-postgres keeps here; it touches no other. One row per table.",
        f"select * from (values {values}) as served(table_name, row_count, checksum)",
        len(tables),
    )
