"""What lies in raw/, without what may differ between two deliveries of the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.settings import DataFolder


@dataclass(frozen=True)
class Raw:
    """The content of raw/, without what may differ between deliveries.

    Attributes:
        rows: of each table, without the lineage.
        rejects: reasons and texts.
        files: content, rows read, landed and rejected of each file.
    """

    rows: dict[str, list[tuple]]
    rejects: list[tuple]
    files: set[tuple]


def read_raw(data: DataFolder) -> Raw:
    """The content of raw/; holds its lineage to the ledger on the way."""
    batches = data.raw / "batches"
    tables = {path.relative_to(batches).parts[1:3] for path in batches.glob("*/*/*/*.parquet")}
    rows: dict[str, list[tuple]] = {}
    counted: dict[str, int] = {}
    with duckdb.connect() as connection:

        def query(sql: str, source: str, table: str) -> list[tuple]:
            if (source, table) not in tables:
                return []
            if (source, table) not in tables:
                return []
            files = f"'{batches}/*/{source}/{table}/*.parquet'"
            return connection.execute(
                sql.replace("{files}", f"read_parquet({files}, union_by_name = true)")
            ).fetchall()

        for source, table in sorted(tables):
            if source == "landing":
                continue
            lineage = "_file_hash, _row_number, _landed_at"
            rows[table] = query(
                f"select * exclude ({lineage}) from {{files}} order by all", source, table
            )
            for file_hash, count, places in query(
                "select _file_hash, count(*), count(distinct _row_number) from {files} group by 1",
                source,
                table,
            ):
                assert count == places, "two rows of one place of a file"
                assert file_hash not in counted, "a file in two tables"
                counted[file_hash] = count
        files = query(
            "select file_hash, rows_read, rows_landed, rows_rejected from {files}",
            "landing",
            "files",
        )
        rejected = dict(
            query("select _file_hash, count(*) from {files} group by all", "landing", "rejects")
        )
        rejects = query("select reason, raw_text from {files} order by all", "landing", "rejects")
    assert len({file_hash for file_hash, *_ in files}) == len(files), "a content landed twice"
    for file_hash, read, landed, refused in files:
        assert read == landed + refused
        assert landed == counted.pop(file_hash, 0)
        assert refused == rejected.pop(file_hash, 0)
    assert not counted and not rejected, "rows of a file that the ledger does not know"
    return Raw(rows, rejects, set(files))
