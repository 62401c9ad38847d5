"""Rows in any of the formats that landing reads."""

from __future__ import annotations

import csv
import gzip
import io
import json
import struct
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import duckdb

Row = Mapping[str, str | int | float | bool | None]


def zstd(content: bytes, block: int = 1 << 16) -> bytes:
    """A zstd frame of blocks as they are (RFC 8878): no library at hand writes one."""
    pieces = [content[at : at + block] for at in range(0, len(content), block)] or [b""]
    blocks = b"".join(
        (len(piece) << 3 | (number == len(pieces) - 1)).to_bytes(3, "little") + piece
        for number, piece in enumerate(pieces)
    )
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", len(content)) + blocks


def pack(
    ending: str, rows: Sequence[Row | str], columns: Sequence[str], records: str | None = None
) -> bytes:
    """The content of one file.

    Args:
        ending: of its name, such as ``csv.gz``.
        rows: its rows; a text is a line as it stands.
        columns: of a CSV or Parquet file.
        records: key of the array of a document.
    """
    kind, _, compression = ending.partition(".")
    if kind == "parquet":
        return _parquet(rows, columns)
    if records:
        objects = ", ".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
        text = f'{{"{records}": [{objects}]}}'
    elif kind == "csv":
        text = ",".join(columns) + "\n"
        text += "".join(row + "\n" if isinstance(row, str) else _line(row, columns) for row in rows)
    else:
        lines = (
            row
            if isinstance(row, str)
            else json.dumps({name: value for name, value in row.items() if value is not None})
            for row in rows
        )
        text = "".join(line + "\n" for line in lines)
    content = text.encode()
    if compression == "gz":
        return gzip.compress(content, mtime=0)
    return zstd(content) if compression == "zst" else content


def _line(row: Row, columns: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([_text(row.get(name)) for name in columns])
    return written.getvalue()


def _text(value: str | int | float | bool | None) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def _parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    fields = ", ".join(f'"{name}" varchar' for name in columns)
    connection = _connection()
    connection.execute(f"create or replace table packed ({fields})")
    if rows:
        places = ", ".join("?" * len(columns))
        values = ", ".join(f"({places})" for _ in rows)
        given = [_text(row.get(name)) for row in rows for name in columns]
        connection.execute(f"insert into packed values {values}", given)
    with tempfile.TemporaryDirectory() as folder:
        connection.execute(f"copy packed to '{folder}/a.parquet' (format parquet)")
        return Path(folder, "a.parquet").read_bytes()


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
