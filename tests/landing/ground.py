"""A data folder of its own, and what a test asks of raw/."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing import LandingResult, Options, land
from orchestration.settings import DataFolder

KEY = "a key for the tests that is long enough"


class Ground:
    """A data folder, and short names for what tests do with it."""

    def __init__(self, root: Path) -> None:
        self.data = DataFolder(root)
        self.progress: list[str] = []

    def drop(self, path: str, content: str | bytes) -> Path:
        """Puts a file into landing/; a name in .gz or .zst is compressed."""
        file = self.data.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = content.encode() if isinstance(content, str) else content
        if path.endswith(".gz"):
            content = gzip.compress(content, mtime=0)
        file.write_bytes(content)
        return file

    def land(self) -> LandingResult:
        return land(self.data, self.progress.append, Options())

    def query(self, sql: str, **parameters: Any) -> list[tuple]:
        """SQL with the views ``files``, ``rejects`` and one for each raw table that was landed.

        A name that several sources give to a table needs the source: ``hubspot.contact``.
        """
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            folder = self.data.raw / "batches"
            names = {path.relative_to(folder).parts[1:3] for path in folder.glob("*/*/*/*.parquet")}
            sources = sorted({source for source, _ in names})
            for source in sources:
                connection.execute(f"create schema {source}")
            for source, table in names:
                connection.execute(
                    f"create view {source}.{table} as select * from read_parquet("
                    f"'{folder}/*/{source}/{table}/*.parquet', union_by_name = true)"
                )
            connection.execute(f"set search_path = '{','.join(sources)}'")
            return connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, **parameters: Any) -> Any:
        return self.query(sql, **parameters)[0][0]

    def content(self) -> dict[str, bytes]:
        """Every file below raw/, by its path."""
        return {
            str(path.relative_to(self.data.raw)): path.read_bytes()
            for path in sorted(self.data.raw.rglob("*"))
            if path.is_file()
        }
