"""The rows of request logs that may be duplicates, listed in the ledger while they land.

Rows are listed that share their UTC event date and request id with another row of their table, or
without an id all of their content (definition D20). Which of them counts is left to the models:
they look among these rows and need not compare every request with every other.

A list holds at least each such row, each once, and none that is gone. Rows without an event time
are no requests, and not listed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import duckdb

from orchestration.landing.batch import (
    EMPTY_BATCH,
    PARQUET,
    files_of,
    list_of,
    parquet_file,
    rows_of,
)
from orchestration.landing.contract import LEDGER, Column, Table
from orchestration.landing.secrets import literal
from orchestration.landing.values import identifier

# Where a batch keeps its part of the list.
REPEATS = "landing/repeats"
# Rows whose keys are compared at a time: what is held of each takes some 50 bytes.
_MOST_ROWS = 8_000_000
# Dates further apart are read one after the other: what lies between is not looked at.
_WIDEST_GAP = 7  # days
_DAY = 86_400_000_000  # microseconds
_TABLES = ("repeats", "new_keys", "old_rows", "repeated_keys")


def definition_of_repeats(tables: Iterable[Table]) -> str:
    """A hash of what the list depends on besides rows; a list of another one is to be made anew."""
    known_by = {
        table.label: [
            *(table.event_time, table.request_id, table.status),
            {column.name: column.data_type for column in table.columns},
        ]
        for table in tables
        if table.is_request_log
    }
    return hashlib.sha256(json.dumps(known_by, sort_keys=True).encode()).hexdigest()


def list_repeats(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[Table],
    batch: Path,
    batches: Path | None = None,
) -> None:
    """Writes the list of a batch: its rows that may be duplicates, and those of earlier batches.

    Args:
        connection: a connection whose TimeZone is UTC.
        tables: the raw tables.
        batch: folder of the batch; ``file_dates`` are there already.
        batches: folder of the earlier batches, whose rows of the same dates are compared; None: the
            batch is compared with itself only.
    """
    listed = sorted(batches.glob(f"*/{REPEATS}/*.parquet")) if batches else []
    found = []
    for table in tables:
        new = files_of(batch, f"{table.source}/{table.name}")
        if table.is_request_log and new:
            old = _earlier_files(connection, table, batch, batches) if batches else []
            found.append(_Log(connection, table, new, old, listed))
    _write(connection, batch, found)


def list_all_repeats(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], batches: Path
) -> None:
    """Makes the list of everything anew, as a part of the last batch.

    Args:
        connection: a connection whose TimeZone is UTC.
        tables: the raw tables.
        batches: a folder of batches that nobody reads meanwhile.
    """
    with_rows = [folder for folder in sorted(batches.iterdir()) if folder.name != EMPTY_BATCH]
    for batch in with_rows:
        shutil.rmtree(batch / REPEATS, ignore_errors=True)
    found = []
    for table in tables:
        name = f"{table.source}/{table.name}"
        files = [file for batch in with_rows for file in files_of(batch, name)]
        if table.is_request_log and files:
            found.append(_Log(connection, table, files))
    if with_rows:
        _write(connection, with_rows[-1], found)


def _earlier_files(
    connection: duckdb.DuckDBPyConnection, table: Table, batch: Path, batches: Path
) -> list[Path]:
    """The table's files in batches that have rows of the new batch's dates."""
    new = files_of(batch, "landing/file_dates")
    old = sorted(batches.glob("*/landing/file_dates/*.parquet"))
    of_table = f"source_name = {literal(table.source)} and table_name = {literal(table.name)}"
    dated: dict[str, bool] = {}
    if old:
        dated = {
            Path(file).parents[2].name: has_date
            for file, has_date in connection.execute(
                f"""
                select filename, bool_or(event_date in (
                    select event_date from {rows_of(new)} where {of_table}
                ))
                from {rows_of(old, "filename = true")}
                where {of_table}
                group by filename
                """
            ).fetchall()
        }
    return [
        file
        for folder in sorted(batches.iterdir())
        # Of what was landed before there was a ledger of dates a later batch tells them.
        if dated.get(folder.name, True)
        for file in files_of(folder, f"{table.source}/{table.name}")
    ]


def _write(connection: duckdb.DuckDBPyConnection, batch: Path, logs: Sequence[_Log]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    connection.execute(f"set threads = {os.cpu_count() or 1}")
    connection.execute(f"create or replace temp table repeats ({columns})")
    for log in logs:
        log.list()
    (rows,) = connection.execute("select count(*) from repeats").fetchone()
    if rows:
        file = parquet_file(batch, REPEATS, 0)
        connection.execute(
            f"copy (from repeats order by event_at, file_hash, row_number) to {literal(str(file))} "
            f"{PARQUET}"
        )
    for name in _TABLES:
        connection.execute(f"drop table if exists {name}")


_TYPES = dict.fromkeys(LEDGER["repeats"], "varchar") | {
    "row_number": "bigint",
    "status_code": "bigint",
    "event_date": "date",
    "event_at": "timestamp",
    "landed_at": "timestamp",
}


class _Log:
    """The comparison of a log's new rows with one another and with older ones."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        new: Sequence[Path],
        old: Sequence[Path] = (),
        listed: Sequence[Path] = (),
    ) -> None:
        self._connection = connection
        self._table = table
        self._event = identifier(str(table.event_time))
        self._new = self._by_id(new)
        self._old = self._by_id(old)
        self._listed = listed
        self._new_files = new
        self._columns: dict[tuple[Path, ...], set[str]] = {}

    def list(self) -> None:
        """Adds rows to the temporary table ``repeats``."""
        for first, last in self._spans():
            for has_id, new in self._new.items():
                if new:
                    self._compare(has_id, new, self._old[has_id], first, last)

    def _by_id(self, files: Sequence[Path]) -> dict[bool, list[Path]]:
        """The files with rows that have an id, and those with rows that have none.

        Without an id all columns are compared, so whether one is missing is asked of the files'
        own statistics first.
        """
        column = self._table.request_id
        if not files or column is None:
            return {True: [], False: list(files)}
        counted = {
            file: (bool(present), bool(missing))
            for file, present, missing in self._connection.execute(
                f"""
                select
                    file_name,
                    bool_or(stats_null_count is distinct from num_values),
                    bool_or(stats_null_count is distinct from 0)
                from parquet_metadata({list_of(files)})
                where path_in_schema = {literal(column)}
                group by file_name
                """
            ).fetchall()
        }
        of = {file: counted.get(str(file), (False, True)) for file in files}
        return {
            True: [file for file, (present, _) in of.items() if present],
            False: [file for file, (_, missing) in of.items() if missing],
        }

    def _spans(self) -> Iterator[tuple[int, int]]:
        """The first and last of days since 1970 that are compared together."""
        first = last = rows = 0
        for day, number in self._connection.execute(
            f"select {self._event}::date - date '1970-01-01' as day, count(*) "
            f"from {rows_of(self._new_files)} where {self._event} is not null "
            "group by day order by day"
        ).fetchall():
            if rows and (rows + number > _MOST_ROWS or day - last > _WIDEST_GAP):
                yield first, last
                rows = 0
            first = first if rows else day
            last, rows = day, rows + number
        if rows:
            yield first, last

    def _compare(
        self, has_id: bool, new: Sequence[Path], old: Sequence[Path], first: int, last: int
    ) -> None:
        execute = self._connection.execute
        rows = self._rows(new, has_id, first, last)
        execute(
            "create or replace temp table new_keys as select key, count(*) > 1 as is_repeated "
            f"from (select {self._key(new, has_id)} as key {rows}) group by key"
        )
        execute(
            "create or replace temp table old_rows "
            "(key ubigint, file_hash varchar, row_number bigint)"
        )
        if old:
            execute(
                "insert into old_rows from ("
                f"select {self._key(old, has_id)} as key, _file_hash, _row_number "
                f"{self._rows(old, has_id, first, last)}) semi join new_keys using (key)"
            )
        (any_repeated,) = execute(
            "create or replace temp table repeated_keys as "
            "select key from new_keys where is_repeated union select key from old_rows"
        ).fetchone()
        if not any_repeated:
            return
        self._insert(
            new,
            f"(select *, {self._key(new, has_id)} as key {rows}) as landed "
            "semi join repeated_keys using (key)",
        )
        if not old:
            return
        if self._listed:
            execute(
                "delete from old_rows using ("
                f"select file_hash, row_number from {rows_of(self._listed)} "
                f"where {_is_within('event_at', first, last)}) as listed "
                "where old_rows.file_hash = listed.file_hash "
                "and old_rows.row_number = listed.row_number"
            )
        if execute("select 1 from old_rows limit 1").fetchone():
            self._insert(
                old,
                f"(select * {self._rows(old, has_id, first, last)}) as landed "
                "semi join old_rows on _file_hash = old_rows.file_hash "
                "and _row_number = old_rows.row_number",
            )

    def _rows(self, files: Sequence[Path], has_id: bool, first: int, last: int) -> str:
        """SQL of rows, from the word ``from`` on."""
        condition = _is_within(self._event, first, last)
        if self._table.request_id:
            id_ = self._value(self._present(files), self._table.request_id)
            condition += f" and {id_} is {'not ' if has_id else ''}null"
        return f"from {rows_of(files)} where {condition}"

    def _key(self, files: Sequence[Path], has_id: bool) -> str:
        """SQL of a hash that is equal for rows that may be duplicates, and for hardly any other."""
        present = self._present(files)
        if has_id:
            id_ = self._value(present, str(self._table.request_id))
            return f"hash({id_}, {self._event}::date)"
        values = (self._value(present, column.name) for column in self._table.columns)
        return f"hash({', '.join(values)})"

    def _insert(self, files: Sequence[Path], relation: str) -> None:
        present = self._present(files)

        def value(name: str | None) -> str:
            return self._value(present, name) if name else "null"

        self._connection.execute(
            f"""
            insert into repeats
            select
                _file_hash, _row_number, {literal(self._table.source)},
                {literal(self._table.name)}, {value(self._table.request_id)},
                {_content_hash(self._table.columns, value)}, {value(self._table.status)},
                {self._event}::date, {self._event}, _landed_at
            from {relation}
            """
        )

    def _present(self, files: Sequence[Path]) -> set[str]:
        """The columns of files as they were landed: those of the contract may be more by now."""
        columns = self._columns.get(tuple(files))
        if columns is None:
            described = self._connection.execute(f"describe from {rows_of(files)}").fetchall()
            columns = self._columns[tuple(files)] = {name for name, *_ in described}
        return columns

    def _value(self, present: set[str], name: str) -> str:
        """SQL of a column in the contract's type, which may have been another once."""
        (kind,) = (column.data_type for column in self._table.columns if column.name == name)
        return f"try_cast({identifier(name)} as {kind})" if name in present else f"null::{kind}"


def _is_within(time: str, first: int, last: int) -> str:
    """SQL that holds for times of days; of literals, so that row groups are left out by it."""
    return (
        f"{time} >= make_timestamp({first * _DAY}) and {time} < make_timestamp({(last + 1) * _DAY})"
    )


def _content_hash(columns: Iterable[Column], value: Callable[[str], str]) -> str:
    """SQL of a hash of a row's values; a column that came later changes no hash while it is empty.

    Numbers and times are written in a way that no version of DuckDB writes otherwise.
    """
    written = {
        "timestamp": "epoch_us({})::varchar",
        "date": "({} - date '1970-01-01')::varchar",
        "double": "printf('%.17g', {})",
    }
    parts = ", ".join(
        f"{literal(column.name + '=')} || "
        + written.get(column.data_type, "{}::varchar").replace("{}", value(column.name))
        for column in sorted(columns, key=lambda column: column.name)
    )
    return f"md5(concat_ws(chr(31), {parts}))"
