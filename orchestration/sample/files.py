"""Writes the sample's tables into files, byte for byte the same each time."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb

from orchestration.sample.period import REDELIVERED_FILE

# The separator never occurs in a line, so that DuckDB's CSV writer writes whole lines as they are.
AS_LINES = r"format csv, header false, quote '', escape '', delimiter e'\x01'"

FORMATS = {
    "jsonl.gz": "format json, compression gzip",
    "csv": "format csv, header true",
    "csv.gz": "format csv, header true, compression gzip",
    "parquet": "format parquet, compression zstd",
}

REQUEST_COLUMNS = (
    "request_id, {requested_at}, token, method, path, endpoint, api, status_code, is_success, "
    "environment, latency_ms, user_agent, client_country, client_ip, application_id"
)

ISO = "'%Y-%m-%dT%H:%M:%S.%gZ'"


def _with_times(columns: str, *times: str, style: str = "iso") -> str:
    """A select list that takes the columns as they are and writes the times out in one style."""
    written = {
        "iso": f"strftime({{0}}, {ISO}) as {{0}}",
        "offset": "strftime({0} + interval 2 hour, '%Y-%m-%dT%H:%M:%S.%g+02:00') as {0}",
        "epoch_ms": "epoch_ms({0}) as {0}",
    }[style]
    return f"{columns} replace ({', '.join(written.format(time) for time in times)})"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    target = str(path).replace("'", "''")
    connection.execute(f"copy ({query}) to '{target}' ({options})")


def write_requests(connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Write the gateway's files, one a week, and one of them a second time under another name."""
    folder = landing / "api_gateway" / "api_requests"
    files = connection.execute(
        "select file_name, format from request_files "
        "where file_name in (select file_name from delivered) order by file_name"
    ).fetchall()
    for name, format_ in files:
        in_order = f"where file_name = '{name}' order by delivered_at, row_key"
        path = folder / f"{name}.{format_}"
        if format_ in ("csv.gz", "parquet"):
            requested_at = {
                "csv.gz": "requested_at",
                "parquet": "requested_timestamp as requested_at",
            }[format_]
            columns = REQUEST_COLUMNS.format(requested_at=requested_at)
            query = f"select {columns} from request_rows {in_order}"
            _copy(connection, query, path, FORMATS[format_])
        else:
            compression = {"jsonl.gz": "gzip", "jsonl.zst": "zstd", "ndjson": "none"}[format_]
            query = f"select line from request_lines {in_order}"
            _copy(connection, query, path, f"{AS_LINES}, compression {compression}")
    copied = folder / f"{REDELIVERED_FILE}.jsonl.gz"
    shutil.copyfile(copied, folder / f"{REDELIVERED_FILE}-again.jsonl.gz")


def write_registries(connection: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Write every other table, in one or a few files each."""
    portal = landing / "developer_portal"
    crm = landing / "crm"
    developer_times = ("signed_up_at", "first_docs_visit_at", "deleted_at", "updated_at")
    token_times = ("created_at", "expires_at", "revoked_at", "updated_at")
    for year in (2024, 2025):
        columns = _with_times("*", *developer_times)
        query = (
            f"select {columns} from developer_versions where year(updated_at) = {year} "
            "order by developer_versions.updated_at, developer_id"
        )
        _copy(connection, query, portal / "developers" / f"{year}.jsonl.gz", FORMATS["jsonl.gz"])
        columns = _with_times("*", *token_times)
        query = (
            f"select {columns} from token_versions where year(updated_at) = {year} "
            "order by token_versions.updated_at, token"
        )
        _copy(connection, query, portal / "api_tokens" / f"{year}.jsonl.gz", FORMATS["jsonl.gz"])

    columns = _with_times("*", "created_at", "updated_at")
    in_order = "order by company_versions.updated_at, company_id"
    query = f"select {columns} from company_versions {in_order}"
    _copy(connection, query, crm / "companies" / "companies.csv", FORMATS["csv"])

    columns = _with_times("*", "created_at", "updated_at", style="offset")
    query = f"select {columns} from contacts order by contacts.updated_at, contact_id"
    _copy(connection, query, crm / "contacts" / "contacts.jsonl.gz", FORMATS["jsonl.gz"])

    query = "select * from profiles order by captured_at, github_login"
    path = landing / "github" / "profiles" / "snapshots.parquet"
    _copy(connection, query, path, FORMATS["parquet"])

    quarters = connection.execute(
        "select distinct year(occurred_at), quarter(occurred_at) from page_views order by all"
    ).fetchall()
    for year, quarter in quarters:
        style = "epoch_ms" if (year, quarter) == (2025, 2) else "iso"
        columns = _with_times("* exclude (view, is_campaign)", "occurred_at", style=style)
        query = (
            f"select {columns} from page_views where year(occurred_at) = {year} "
            f"and quarter(occurred_at) = {quarter} order by page_views.occurred_at, view"
        )
        path = landing / "website" / "page_views" / f"{year}-Q{quarter}.jsonl.gz"
        _copy(connection, query, path, FORMATS["jsonl.gz"])


def list_files(landing: Path) -> list[dict[str, str]]:
    """Path (relative to landing/) and SHA-256 of every file of a source, in order of path."""
    files = sorted(path for path in landing.glob("*/**/*") if path.is_file())
    return [
        {
            "path": path.relative_to(landing).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    ]
