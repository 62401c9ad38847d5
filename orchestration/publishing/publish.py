"""Copy the marts of an audited build out of the warehouse and switch readers over to them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publishing.audit import Build, PublishError, audit_build
from orchestration.publishing.builds import ARTIFACTS
from orchestration.publishing.current import (
    DATABASE,
    Publication,
    read_publication,
    write_publication,
)
from orchestration.publishing.spark import copy_marts, switch_readers
from orchestration.settings import PROJECT, SPARK, DataFolder

CONTRACT_VERSION = "1"
_INCOMING = ".incoming-"


def publish(data: DataFolder, run_id: str, project: Path = PROJECT) -> Publication:
    """Publish the marts of the last build as one set.

    A reader sees the old set or the new one, never a mixture: everything is written and synced into
    a folder that nobody reads, the folder gets its name, then the link ``published`` is replaced.
    Repeating it with the same run id, after a crash for instance, finishes what is left to do.

    On Spark the tables are in a database of their own, which published views read; the folder holds
    the record. What a reader sees of the switch there stands in ``publishing/spark.py``.

    Args:
        data: the data folder, whose run lock the caller holds.
        run_id: names the publication.
        project: folder of the dbt project, for its git commit.

    Raises:
        PublishError: the last build is incomplete or has failed, or its tables cannot be copied.
        SwitchError: readers on Spark could be switched only in part.
    """
    folder = data.publications / run_id
    data.publications.mkdir(exist_ok=True)
    for leftover in data.publications.glob(f"{_INCOMING}*"):
        shutil.rmtree(leftover)
    if not folder.exists():
        build = audit_build(data)
        incoming = data.publications / f"{_INCOMING}{run_id}"
        (incoming / "dbt").mkdir(parents=True)
        for name in ARTIFACTS:
            shutil.copyfile(build.folder / name, incoming / "dbt" / name)
        row = _publication(data, build, run_id, project)
        if data.target == SPARK:
            write_publication(incoming, copy_marts(data, build, row, project))
        else:
            _write(data, build, row, incoming)
        _sync(incoming)
        incoming.rename(folder)
        _sync_folder(data.publications)
    if data.target == SPARK:
        switch_readers(data, run_id, project)
    _switch(data, folder)
    return read_publication(folder)


def _write(data: DataFolder, build: Build, row: Mapping[str, Any], folder: Path) -> None:
    if not data.warehouse.exists():
        raise PublishError(f"There is nothing to publish: {data.warehouse} is gone.")
    with duckdb.connect(folder / DATABASE) as connection:
        connection.execute(f"attach {_text(data.warehouse)} as warehouse (read_only)")
        for schema, relation, table in build.tables:
            origin = f"warehouse.{_name(schema)}.{_name(relation)}"
            connection.execute(f"create table main.{_name(table)} as select * from {origin}")
        _write_publication(connection, row)
        connection.execute("detach warehouse")
        for table in [*(name for _, _, name in build.tables), "publication"]:
            parquet = folder / "parquet" / table / "0.parquet"
            parquet.parent.mkdir(parents=True)
            connection.execute(
                f"copy main.{_name(table)} to {_text(parquet)} (format parquet, compression zstd)"
            )


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


def _write_publication(connection: duckdb.DuckDBPyConnection, row: Mapping[str, Any]) -> None:
    connection.execute(
        """
        create table main.publication as
        select
            $run_id::varchar as run_id,
            $git_commit::varchar as git_commit,
            $dbt_invocation_id::varchar as dbt_invocation_id,
            $published_at::timestamp as published_at,
            (select watermark_at from warehouse.intermediate.int_watermark)::timestamp as watermark,
            $checks_run::bigint as checks_run,
            $checks_passed::bigint as checks_passed,
            $contract_version::varchar as contract_version,
            $is_sample::boolean as is_sample
        """,
        row,
    )


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


def _switch(data: DataFolder, folder: Path) -> None:
    # A symbolic link cannot be changed in place; a new one can take the old one's name in one step.
    incoming = data.root / f".published-{folder.name}"
    incoming.unlink(missing_ok=True)
    # Relative, so that the data folder can be moved or mounted elsewhere.
    incoming.symlink_to(folder.relative_to(data.root), target_is_directory=True)
    incoming.replace(data.published)
    _sync_folder(data.root)


def _sync(folder: Path) -> None:
    """Force a finished folder to disk and take the right to write to its files away.

    A BI tool that forgets to open the database read-only would lock all others out of it.
    """
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(place, name)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(0o444)
        _sync_folder(Path(place))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
