"""Data folders with rows as landing would have stored them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from orchestration.landing.contract import read_contract
from orchestration.landing.raw import EMPTY_BATCH
from orchestration.landing.repeats import list_all_repeats
from tests.properties.worlds import EVENTS, REQUESTS, Row, full_row, raw_columns, write_batch

EVENT_TIMES = {REQUESTS: "requested_at", EVENTS: "event_time"}
FILE_DATES = "landing/file_dates"


def write_raw(data: Path, *batches: Mapping[str, list[Row]]) -> None:
    """Rows as landing would have stored them, one batch after the other, its ledger included."""
    folder = data / "raw" / "batches"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        if not folder.exists():
            write_batch(connection, {table: [] for table in raw_columns()}, folder / EMPTY_BATCH)
        for tables in batches:
            written = {table: rows for table, rows in tables.items() if table in raw_columns()}
            written[FILE_DATES] = list(ledger_of(tables))
            number = len(list(folder.iterdir()))
            write_batch(connection, {**written}, folder / f"{number:06d}")
        list_all_repeats(connection, read_contract().tables, folder)


def ledger_of(tables: Mapping[str, list[Row]]) -> Iterable[Row]:
    """What the ledger says of the logs among these rows."""
    for table, at in EVENT_TIMES.items():
        counts = Counter(
            (row["_file_hash"], row["_landed_at"], row[at].date()) for row in tables.get(table, ())
        )
        for (file_hash, landed_at, event_date), rows in counts.items():
            yield full_row(
                FILE_DATES,
                file_hash=file_hash,
                source_name=table.split("/")[0],
                table_name=table.split("/")[1],
                event_date=event_date.isoformat(),
                rows_landed=rows,
                landed_at=landed_at,
            )
