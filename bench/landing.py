"""Landing, as a ratio to DuckDB merely reading the same files.

Landing hashes every file, reads, checks and types every value, hashes keys and addresses, and
writes synced Parquet and the ledger. A ratio of 1 means that all this is as fast as reading into a
table, 0.5 that it takes twice as long. Each reading goes into a temporary table of a database in
memory:

    declared    names and types given, nothing guessed: THE HEADLINE. Detection looks at the files
                before it reads them, so with it the ratio would flatter.
    detected    what somebody types first: read_json('*.jsonl'), read_csv('*.csv')
    lines       of access logs only: bare lines, nothing taken apart

An access log has no reader in DuckDB; the nearest is read_csv with blanks between the fields, which
leaves time and request as text. Parquet brings its own names and types, so nothing is detected.

All have the same memory limit and number of threads, and a fresh process. They run in turns: one of
each, then one of each in the other order, so that whatever else the machine does meets all alike.
The ratio is taken within a round, and the median of the rounds is shown. Where other work takes the
cores, the ratio of CPU seconds is the steadier one; it says nothing about work on one core only.
Landing a handful of rows takes half a second, so fewer than a million rows measure that.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from bench.files import FORMATS, FileSet, provide
from bench.measure import BenchError, Measured, Spread, measure
from bench.text import megabytes, spread, table
from orchestration.landing import land
from orchestration.landing.landing import MEMORY_LIMIT
from orchestration.landing.secrets import VARIABLE, literal
from orchestration.settings import PROJECT, DataFolder

HEADLINE = "declared"
# CloudTrail's records are three times as long, and 400 documents are what an hour delivers.
CLOUDTRAIL_SHARE = 20
KEY = "a key for the benchmarks, no secret"

_REQUEST_TYPES = {
    "request_id": "VARCHAR",
    "requested_at": "TIMESTAMP",
    "token": "VARCHAR",
    "method": "VARCHAR",
    "path": "VARCHAR",
    "endpoint": "VARCHAR",
    "api": "VARCHAR",
    "status_code": "INTEGER",
    "environment": "VARCHAR",
    "latency_ms": "DOUBLE",
    "user_agent": "VARCHAR",
    "client_country": "VARCHAR",
    "client_ip": "VARCHAR",
    "application_id": "VARCHAR",
}
_ACCESS_LOG_TYPES = {
    "address": "VARCHAR",
    "identity": "VARCHAR",
    "user": "VARCHAR",
    "time": "VARCHAR",
    "zone": "VARCHAR",
    "request": "VARCHAR",
    "status": "INTEGER",
    "bytes": "BIGINT",
    "referrer": "VARCHAR",
    "agent": "VARCHAR",
}
# What the contract takes of a record, and no more.
_RECORD_TYPES = {
    "eventID": "VARCHAR",
    "eventTime": "TIMESTAMP",
    "userIdentity": "STRUCT(accessKeyId VARCHAR, type VARCHAR, arn VARCHAR, accountId VARCHAR)",
    "responseElements": "STRUCT(accessKey STRUCT(accessKeyId VARCHAR), "
    "credentials STRUCT(accessKeyId VARCHAR))",
    "sourceIPAddress": "VARCHAR",
    "eventType": "VARCHAR",
    "eventSource": "VARCHAR",
    "eventName": "VARCHAR",
    "awsRegion": "VARCHAR",
    "errorCode": "VARCHAR",
    "userAgent": "VARCHAR",
}


def why_skipped(format_: str) -> str | None:
    """Why landing cannot take a format yet, in a sentence; None where it can."""
    # To be removed when the declared text formats are part of every version.
    declared = PROJECT / "formats" / "combined"
    if format_.startswith("combined") and not any(declared.glob("*")):
        return f"{format_} is left out: this version has no formats/combined to read it with."
    return None


def run(
    folder: Path,
    *,
    rows: int,
    formats: tuple[str, ...] = FORMATS,
    files: int,
    repeat: int,
    keep: bool,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Measures each format.

    Args:
        folder: scratch; files found in it are measured again instead of written again.
        rows: rows of each format; CloudTrail has a twentieth.
        formats: of ``FORMATS``.
        files: number of files of each format.
        repeat: rounds.
        keep: leave the files for another time; else there is one format's at a time.
        progress: called with a line for each step.

    Returns:
        Figures as JSON: times in seconds, sizes in bytes.

    Raises:
        BenchError: something failed, or a row was lost or rejected.
    """
    result: dict[str, Any] = {
        "headline": HEADLINE,
        "memory_limit": MEMORY_LIMIT,
        "threads": os.cpu_count(),
        "repeat": repeat,
        "formats": [],
        "skipped": [],
    }
    for format_ in formats:
        reason = why_skipped(format_)
        if reason:
            result["skipped"].append({"format": format_, "reason": reason})
            progress(reason)
            continue
        progress(f"{format_}: files")
        wanted = max(1, rows // CLOUDTRAIL_SHARE) if format_ == "cloudtrail" else rows
        found = provide(folder, format_, wanted, files)
        found.warm()
        result["formats"].append(_measure(found, folder / "spill", repeat, progress))
        if not keep:
            shutil.rmtree(found.data)
    return result


def _measure(
    files: FileSet, spill: Path, repeat: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    queries = readings(files)
    measured: dict[str, list[Measured]] = {name: [] for name in (*queries, "landing")}
    for number in range(repeat):
        for name in list(measured)[:: -1 if number % 2 else 1]:
            if name == "landing":
                once = _land(files)
            else:
                once = measure(read_files, queries[name], str(spill))
                if once.value["rows"] != files.rows:
                    raise BenchError(
                        f"DuckDB read {once.value['rows']} of {files.rows} rows of {files.format}."
                    )
            measured[name].append(once)
            progress(
                f"{files.format}: round {number + 1} of {repeat}, {name}: {once.wall_seconds:.2f} s"
            )
    landing = measured.pop("landing")
    seconds = Spread.of([once.wall_seconds for once in landing]).median
    return {
        "format": files.format,
        "files": files.files,
        "rows": files.rows,
        "disk_bytes": files.disk_bytes,
        "text_bytes": files.text_bytes,
        "landing": {
            **_figures(landing),
            **landing[-1].value,
            "rows_per_second": files.rows / seconds,
            "text_bytes_per_second": files.text_bytes / seconds,
        },
        "readings": {
            name: {
                **_figures(reading),
                "spilled_bytes": max(once.value["spilled_bytes"] for once in reading),
                "ratio": _ratio(reading, landing, "wall_seconds"),
                "cpu_ratio": _ratio(reading, landing, "cpu_seconds"),
            }
            for name, reading in measured.items()
        },
    }


def _ratio(reading: list[Measured], landing: list[Measured], seconds: str) -> dict[str, float]:
    """How fast landing is beside a reading, round by round."""
    return asdict(
        Spread.of(
            [
                getattr(read, seconds) / getattr(landed, seconds)
                for read, landed in zip(reading, landing, strict=True)
            ]
        )
    )


def _land(files: FileSet) -> Measured:
    _forget(files)
    once = measure(land_files, str(files.data))
    value = once.value
    complaint = what_was_lost(files.data, files.rows, value)
    if complaint:
        raise BenchError(f"{files.format}: {complaint}")
    value["raw_bytes"] = sum(
        path.stat().st_size for path in (files.data / "raw").rglob("*.parquet")
    )
    _forget(files)
    return once


def what_was_lost(data: Path, rows: int, landed: dict[str, int]) -> str | None:
    """A sentence about rows that were not landed, with landing's own reasons; None if all were.

    Args:
        data: the data folder.
        rows: in its files, all of them fit to be landed.
        landed: what ``land_files`` returned.
    """
    if (landed["rows_landed"], landed["rows_rejected"]) == (rows, 0):
        return None
    rejects = f"{data}/raw/batches/*/landing/rejects/*.parquet"
    reasons = []
    if landed["rows_rejected"]:
        with duckdb.connect() as connection:
            reasons = connection.execute(
                "select distinct reason, path from read_parquet($rejects) order by all limit 5",
                {"rejects": rejects},
            ).fetchall()
    return (
        f"of {rows:,} rows {landed['rows_landed']:,} were landed and "
        f"{landed['rows_rejected']:,} rejected"
        + "".join(f"; {path}: {reason}" for reason, path in reasons)
        + "."
    )


def _forget(files: FileSet) -> None:
    """Makes everything new again to landing."""
    shutil.rmtree(files.data / "raw", ignore_errors=True)


def _figures(measured: list[Measured]) -> dict[str, Any]:
    return {
        "wall_seconds": asdict(Spread.of([once.wall_seconds for once in measured])),
        "cpu_seconds": asdict(Spread.of([once.cpu_seconds for once in measured])),
        "peak_bytes": max(once.highest_bytes for once in measured),
    }


# -- Reading ---------------------------------------------------------------------------------------


def readings(files: FileSet) -> dict[str, str]:
    """Queries that merely read the files, by how; the headline first."""
    pattern = literal(files.pattern)
    kind = files.format.partition(".")[0]
    if kind == "jsonl":
        declared = f"format = 'newline_delimited', columns = {_struct(_REQUEST_TYPES)}"
        return {
            HEADLINE: f"select * from read_json({pattern}, {declared})",
            "detected": f"select * from read_json({pattern})",
        }
    if kind == "csv":
        return {
            HEADLINE: f"select * from read_csv({pattern}, auto_detect = false, header = true, "
            f"""delim = ',', quote = '"', escape = '"', columns = {_struct(_REQUEST_TYPES)})""",
            "detected": f"select * from read_csv({pattern})",
        }
    if kind == "parquet":
        return {HEADLINE: f"select * from read_parquet({pattern})"}
    if kind == "cloudtrail":
        fields = ", ".join(f'"{name}" {kind}' for name, kind in _RECORD_TYPES.items())
        records = _struct({"Records": f"STRUCT({fields})[]"})
        taken = (
            "r.eventID, r.eventTime, r.userIdentity.accessKeyId, "
            "r.responseElements.accessKey.accessKeyId as created, "
            "r.responseElements.credentials.accessKeyId as issued, r.userIdentity.type, "
            "r.userIdentity.arn, r.userIdentity.accountId, r.eventType, r.eventSource, "
            "r.eventName, r.awsRegion, r.errorCode, r.userAgent, r.sourceIPAddress"
        )
        return {
            HEADLINE: f"select {taken} from (select unnest(Records) as r from "
            f"read_json({pattern}, format = 'unstructured', columns = {records}))",
            # Which fields there are is known after detection only, so it takes them all.
            "detected": "select unnest(r) from (select unnest(Records) as r from "
            f"read_json({pattern}))",
        }
    # format=combined on the path is no column.
    plain = "header = false, hive_partitioning = false"
    blanks = f"""delim = ' ', quote = '"', escape = '"', {plain}"""
    return {
        HEADLINE: f"select * from read_csv({pattern}, {blanks}, auto_detect = false, "
        f"columns = {_struct(_ACCESS_LOG_TYPES)})",
        "detected": f"select * from read_csv({pattern}, {blanks})",
        "lines": f"select * from read_csv({pattern}, auto_detect = false, {plain}, "
        r"delim = e'\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'})",
    }


def _struct(types: dict[str, str]) -> str:
    return (
        "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items()) + "}"
    )


# -- In a process of its own -----------------------------------------------------------------------


def land_files(data: str) -> dict[str, int]:
    """Lands a data folder's files, under a key that is always the same."""
    os.environ[VARIABLE] = KEY
    result = land(DataFolder(Path(data)), progress=_be_silent)
    return {"rows_landed": result.rows_landed, "rows_rejected": result.rows_rejected}


def _be_silent(*_: Any, **__: Any) -> None:
    pass


def read_files(query: str, spill: str) -> dict[str, int]:
    """Reads files into a temporary table, as landing's connection would."""
    with duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": os.cpu_count() or 1,
            "temp_directory": spill,
        }
    ) as connection:
        rows = connection.execute(f"create temp table read as {query}").fetchone()[0]
        spilled = connection.execute(
            "select coalesce(sum(size), 0)::bigint from duckdb_temporary_files()"
        ).fetchone()[0]
    return {"rows": rows, "spilled_bytes": spilled}


# -- Showing ---------------------------------------------------------------------------------------


def show(result: dict[str, Any]) -> str:
    """The figures of ``run`` as text."""
    return "\n".join(_lines(result))


def _lines(result: dict[str, Any]) -> Iterator[str]:
    headline = result["headline"]
    yield (
        f"Landing, as a ratio to DuckDB reading the same files ({headline}), both with "
        f"{result['memory_limit']} and {result['threads']} threads; "
        f"medians of {result['repeat']} (lowest-highest)"
    )
    yield table(
        ("format", "files", "rows", "MB on disk", "MB of text", "reading s", "landing s",
         "rows/s", "MB/s", "ratio", "peak MB"),
        [
            (
                found["format"],
                f"{found['files']:,}",
                f"{found['rows']:,}",
                megabytes(found["disk_bytes"]),
                "-" if found["format"] == "parquet" else megabytes(found["text_bytes"]),
                f"{found['readings'][headline]['wall_seconds']['median']:.2f}",
                spread(Spread(**found["landing"]["wall_seconds"])),
                f"{found['landing']['rows_per_second']:,.0f}",
                megabytes(found["landing"]["text_bytes_per_second"]),
                spread(Spread(**found["readings"][headline]["ratio"])),
                f"{found['landing']['peak_bytes'] / 1e6:,.0f}",
            )
            for found in result["formats"]
        ],
    )  # fmt: skip
    yield ""
    yield "Every way of reading, and what each costs"
    yield table(
        ("format", "what", "seconds", "CPU seconds", "landing's ratio", "of CPU", "peak MB"),
        [
            (
                found["format"],
                name,
                spread(Spread(**figures["wall_seconds"])),
                spread(Spread(**figures["cpu_seconds"])),
                *(
                    spread(Spread(**figures[ratio])) if ratio in figures else ""
                    for ratio in ("ratio", "cpu_ratio")
                ),
                f"{figures['peak_bytes'] / 1e6:,.0f}",
            )
            for found in result["formats"]
            for name, figures in (*found["readings"].items(), ("landing", found["landing"]))
        ],
        words=2,
    )
    for found in result["formats"]:
        if any(figures["spilled_bytes"] for figures in found["readings"].values()):
            yield (
                f"{found['format']}: DuckDB's table did not fit into {result['memory_limit']} and "
                "was written to disk in part, which slows reading; fewer rows tell more."
            )
    for skipped in result["skipped"]:
        yield skipped["reason"]
