"""The Parquet files of a batch: where they lie, how they are written and read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestration.landing.secrets import literal

# Has a file without rows for every table, which tells its columns.
EMPTY_BATCH = "00000000T000000000000Z"

# Level 1 writes in half the time of DuckDB's level 3, and what it writes is hardly larger.
PARQUET = "(format parquet, compression zstd, compression_level 1)"


def parquet_file(batch: Path, table: str, number: int) -> Path:
    """Path of a Parquet file in a batch, its folder made."""
    folder = batch / table
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{number}.parquet"


def files_of(batch: Path, table: str) -> list[Path]:
    """The Parquet files of a table, ``source/table``, in a batch."""
    return sorted((batch / table).glob("*.parquet"))


def list_of(files: Sequence[Path]) -> str:
    """SQL of a list of files."""
    return f"[{', '.join(literal(str(file)) for file in files)}]"


def rows_of(files: Sequence[Path], *options: str) -> str:
    """SQL of the rows of files: what one of them lacks is NULL in its rows."""
    return f"read_parquet({', '.join([list_of(files), 'union_by_name = true', *options])})"
