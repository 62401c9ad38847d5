"""The log of publications: what each has told of the final weeks, and on what basis.

It lies in raw/, because nothing could build it again, and is a table of the source ``landing``.
Restatements are computed from it. One batch of raw/ for each publication; compaction merges them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.raw import PARQUET, RawFolder, parquet_file
from orchestration.publishing.copying import literal
from orchestration.publishing.current import Publication, current_publication
from orchestration.settings import DataFolder

VALUES = "fct_weekly_values"
_TABLE = "landing/publications"


def log_publication(data: DataFolder, publication: Publication) -> None:
    """Add a publication to the log, unless it is there."""
    raw = RawFolder(data.raw)
    raw.prepare()
    with duckdb.connect() as connection:
        if _is_logged(connection, raw, publication):
            return
        told = connection.sql(
            f"""
            select
                {literal(publication.run_id)} as run_id,
                timestamp {literal(str(publication.published_at))} as published_at,
                metric::varchar as metric, week_start::date as week_start, value::double as value,
                rows_read::bigint as rows_read, records_read::bigint as records_read,
                rules_hash::varchar as rules_hash
            from {_values(publication)}
            where week_status = 'final'
            """
        )
        if not told.fetchone():
            return
        batch_id, _ = raw.next_batch_id()
        file = parquet_file(raw.incoming(batch_id), _TABLE, 0)
        connection.execute(f"copy ({told.sql_query()}) to {literal(file)} {PARQUET}")
        raw.publish(batch_id)


def write_values(folder: Path, values: Sequence[Mapping[str, Any]]) -> None:
    """Keep the rows of fct_weekly_values beside the record of a publication on Spark."""
    (folder / f"{VALUES}.json").write_text(json.dumps(values))


def complete_log(data: DataFolder) -> None:
    """Add what is published, if the run that published it was killed before it could."""
    current = current_publication(data)
    if current:
        log_publication(data, current)


def _is_logged(
    connection: duckdb.DuckDBPyConnection, raw: RawFolder, publication: Publication
) -> bool:
    files = [str(file) for file in raw.batches.glob(f"*/{_TABLE}/*.parquet")]
    if not files:
        return False
    query = "select count(*) from read_parquet($files, union_by_name = true) where run_id = $run_id"
    bound = {"files": files, "run_id": publication.run_id}
    return connection.execute(query, bound).fetchone()[0] > 0


def _values(publication: Publication) -> str:
    """The published table of weekly values, in SQL."""
    if publication.schema is None:
        return f"read_parquet({literal(publication.folder / 'parquet' / VALUES / '0.parquet')})"
    columns = {
        "metric": "varchar", "week_start": "date", "week_status": "varchar", "value": "double",
        "rows_read": "bigint", "records_read": "bigint", "rules_hash": "varchar",
    }  # fmt: skip
    file = literal(publication.folder / f"{VALUES}.json")
    return f"read_json({file}, columns = {columns})"
