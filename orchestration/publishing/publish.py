"""Copy the marts of an audited build out of the warehouse and switch readers over to them."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.environment import spilling
from orchestration.publishing.audit import Build, audit_build
from orchestration.publishing.builds import ARTIFACTS
from orchestration.publishing.copying import DATABASE, Copy, literal, quoted, write_tables
from orchestration.publishing.current import (
    INCOMING,
    Publication,
    read_publication,
    write_record,
)
from orchestration.publishing.errors import PublishError
from orchestration.publishing.log import log_publication, write_values
from orchestration.publishing.marts import Mart
from orchestration.publishing.options import read_options
from orchestration.publishing.seal import seal, sync_folder
from orchestration.publishing.spark import ask_spark, copy_marts
from orchestration.publishing.versions import prune, switch
from orchestration.report import Question, Row, ask_duckdb, write_digest
from orchestration.settings import PROJECT, SPARK, DataFolder

CONTRACT_VERSION = "1"

_PUBLICATION = "Where this set of marts comes from, and what was checked. One row."
# Each column's type as contracts write it, whether it always has a value, and what it is.
_PUBLICATION_COLUMNS = {
    "run_id": ("string", True, "The run that published it."),
    "git_commit": ("string", False, "Commit of the project; NULL where it is no checkout."),
    "dbt_invocation_id": ("string", True, "dbt's id of the build."),
    "published_at": ("timestamp", True, "When, in UTC."),
    "watermark": (
        "timestamp",
        False,
        "Up to when the logs are complete, in UTC; NULL before the first row.",
    ),
    "checks_run": ("bigint", True, "Data tests of the build."),
    "checks_passed": ("bigint", True, "Those that passed; the others have warned."),
    "contract_version": (
        "string",
        True,
        "Version of the tables and columns: another one when something was taken away or changed.",
    ),
    "is_sample": ("boolean", True, "Whether anything in it comes from the project's simulator."),
}
PUBLICATION_TYPES = {
    name: (data_type, is_required)
    for name, (data_type, is_required, _) in _PUBLICATION_COLUMNS.items()
}


def publish(data: DataFolder, run_id: str, project: Path = PROJECT) -> Publication:
    """Publish the marts of the last build as one set.

    A reader sees the old set or the new one, never a mixture: everything is written, compared with
    the build, sealed and synced in a folder that nobody reads, the folder gets its name, then the
    link ``published`` is replaced. The digest is written from these tables and is a part of the
    set. Repeating it with the same run id, after a crash for instance,
    finishes what is left to do.

    On Spark the tables are in a database of their own, which published views read; the folder holds
    the record. What a reader sees of the switch there stands in ``publishing/spark.py``.

    Args:
        data: the data folder, whose run lock the caller holds.
        run_id: names the publication.
        project: folder of the dbt project, for its git commit and its vars.

    Raises:
        PublishError: the last build is incomplete, has failed or is gone, its tables cannot be
            copied, or the disk is full.
        SwitchError: readers on Spark could be switched only in part.
    """
    keep = read_options(project).kept_publications
    folder = data.publications / run_id
    data.publications.mkdir(exist_ok=True)
    _remove_leftovers(data)
    if not folder.exists():
        build = audit_build(data)
        incoming = data.publications / f"{INCOMING}{run_id}"
        with _tidy_failure(data, incoming):
            (incoming / "dbt").mkdir(parents=True)
            for name in ARTIFACTS:
                shutil.copyfile(build.folder / name, incoming / "dbt" / name)
            row = _publication(data, build, run_id, project)
            if data.target == SPARK:
                copied = copy_marts(data, build, row, project)
                write_values(incoming, copied.pop("final_values"))
                write_record(incoming, {**copied, "basis": build.basis})
            else:
                _write(data, build, row, incoming)
            _write_digest(data, build, incoming, project)
            seal(incoming)
            incoming.rename(folder)
            sync_folder(data.publications)
    switch(data, folder, project)
    publication = read_publication(folder)
    log_publication(data, publication)
    prune(data, keep)
    return publication


def _remove_leftovers(data: DataFolder) -> None:
    for leftover in data.publications.glob(f"{INCOMING}*"):
        shutil.rmtree(leftover)


@contextmanager
def _tidy_failure(data: DataFolder, incoming: Path) -> Iterator[None]:
    """Leave nothing half written behind: on a disk that is full it would stay full."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        shutil.rmtree(incoming, ignore_errors=True)
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise PublishError(
                f"The disk of {data.publications} is full: make room, or keep fewer versions (var "
                "kept_publications)."
            ) from error
        reason = str(error).splitlines()[0]
        raise PublishError(f"The marts cannot be copied: {reason}") from error
    except PublishError:
        shutil.rmtree(incoming, ignore_errors=True)
        raise


def _write(data: DataFolder, build: Build, row: Mapping[str, Any], folder: Path) -> None:
    with spilling(data) as bounded, duckdb.connect(folder / DATABASE, config=bounded) as connection:
        connection.execute(f"attach {literal(data.warehouse)} as warehouse (read_only)")
        # For what the row says of the build itself.
        connection.execute(
            "create temp table this_publication as " + _publication_query(build), row
        )
        copies = [*map(_copy, build.marts), _copy_of_publication()]
        write_tables(connection, copies, folder)
        write_record(folder, {**_record(connection), "basis": build.basis})
        connection.execute("detach warehouse")


def _write_digest(data: DataFolder, build: Build, folder: Path, project: Path) -> None:
    publication = read_publication(folder)

    def ask(questions: Sequence[Question]) -> dict[Question, list[Row]]:
        if publication.schema is None:
            return ask_duckdb(publication.database, questions)
        tables = [mart.name for mart in build.marts]
        return ask_spark(data, publication.schema, tables, questions, project)

    write_digest(folder, publication, ask)


def _copy(mart: Mart) -> Copy:
    """A mart as it is in the warehouse."""
    origin = f"warehouse.{quoted(mart.schema)}.{quoted(mart.relation)}"
    query = f"select * from {origin}"
    return Copy(mart.name, query, mart.comment, mart.columns, mart.required, mart.key)


def _copy_of_publication() -> Copy:
    columns = {name: comment for name, (_, _, comment) in _PUBLICATION_COLUMNS.items()}
    required = [name for name, (_, is_required) in PUBLICATION_TYPES.items() if is_required]
    query = "select * from temp.this_publication"
    return Copy("publication", query, _PUBLICATION, columns, required)


def _publication(data: DataFolder, build: Build, run_id: str, project: Path) -> dict[str, Any]:
    """The row of the table ``publication``, but for the watermark, which the build knows."""
    return {
        "run_id": run_id,
        "git_commit": _git_commit(project),
        "dbt_invocation_id": build.invocation_id,
        "published_at": datetime.now(UTC).replace(tzinfo=None),
        "checks_run": build.checks_run,
        "checks_passed": build.checks_passed,
        "contract_version": CONTRACT_VERSION,
        "is_sample": _is_sample(data),
    }


def _publication_query(build: Build) -> str:
    watermark = ".".join(map(quoted, ("warehouse", *build.watermark)))
    return f"""
        select
            $run_id::varchar as run_id,
            $git_commit::varchar as git_commit,
            $dbt_invocation_id::varchar as dbt_invocation_id,
            $published_at::timestamp as published_at,
            (select watermark_at from {watermark})::timestamp as watermark,
            $checks_run::bigint as checks_run,
            $checks_passed::bigint as checks_passed,
            $contract_version::varchar as contract_version,
            $is_sample::boolean as is_sample
        """


def _record(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What is noted beside the tables, as ``copy_marts`` returns it on Spark."""

    def first(query: str) -> Any:
        found = connection.execute(f"select to_json(one) from ({query}) as one").fetchone()
        return found and json.loads(found[0])

    week = (
        "select * from fct_north_star_weekly where week_status = 'final' "
        "order by week_start desc limit 1"
    )
    publication = first("select * from main.publication")
    return {"schema": None, "publication": publication, "latest_final_week": first(week)}


def _is_sample(data: DataFolder) -> bool:
    """Whether any file that was ever landed came from the simulator."""
    ledger = "batches/*/landing/files/*.parquet"
    if not any(data.raw.glob(ledger)):
        return False
    query = "select coalesce(bool_or(is_sample), false) from read_parquet($1, union_by_name = true)"
    with duckdb.connect() as connection:
        (is_sample,) = connection.execute(query, [str(data.raw / ledger)]).fetchone()
    return is_sample


def _git_commit(project: Path) -> str | None:
    try:
        found = subprocess.run(
            ["git", "-C", str(project), "rev-parse", "HEAD"], capture_output=True, text=True
        )
    except FileNotFoundError:
        return None
    return found.stdout.strip() if found.returncode == 0 else None
