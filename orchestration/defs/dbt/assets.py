"""The whole dbt project, in place: models and seeds as assets, tests as asset checks."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtCliRuntimeError,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.core.dbt_event_iterator import DbtEventIterator

from orchestration.dbt_assets import TRANSLATOR
from orchestration.defs.refresh.resources import RunLock
from orchestration.environment import export, private_files
from orchestration.manifest import build_target, ensure_manifest
from orchestration.publishing import discard_build, failed_nodes, keep_build, what_stays
from orchestration.settings import PROJECT, SPARK, DataFolder


@dbt_assets(
    manifest=ensure_manifest(DataFolder.from_environment()),
    project=DbtProject(PROJECT, target=DataFolder.from_environment().target),
    dagster_dbt_translator=TRANSLATOR,
    name="dbt",
    pool="warehouse",
)
def dbt_build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, run_lock: RunLock
) -> Iterator[Any]:
    """Build and test: a failed test stops what depends on it, and with it the publication."""
    data = DataFolder.from_environment()
    export(data)
    target = build_target(data)
    (target / "run_results.json").unlink(missing_ok=True)
    discard_build(data)
    # Unit tests try the SQL on made-up rows: they belong to a change of it, not to each night.
    command = ["build", "--exclude-resource-type", "unit_test"]
    # The warehouse holds e-mail addresses, in the resolution layer.
    with private_files():
        build = dbt.cli(command, context=context, target_path=target)
    if data.warehouse.exists():
        data.warehouse.chmod(0o600)
    try:
        # Another process can read DuckDB's file only when dbt has let go of it.
        events = build.stream() if data.target == SPARK else _when_ended(build.stream())
        for event in events:
            yield from _with_metadata(event, build)
    except DagsterDbtCliRuntimeError as error:
        raise dg.Failure(_what_failed(data, target, error), allow_retries=False) from error
    finally:
        _close(build)
    keep_build(data, target)


def _when_ended(events: Iterable[Any]) -> Iterator[Any]:
    """The events of a build when it has ended, and then the error it has ended with."""
    collected, failure = [], None
    try:
        for event in events:
            collected.append(event)
    except DagsterDbtCliRuntimeError as error:
        failure = error
    yield from collected
    if failure:
        raise failure


def _with_metadata(event: Any, build: DbtCliInvocation) -> Iterator[Any]:
    """An event with the rows and columns of its table.

    One event at a time: while dagster-dbt waits for the next one it asks for it without a pause,
    which takes a whole processor for as long as a build lasts.
    """
    counted = list(DbtEventIterator(iter([event]), build).fetch_row_counts())
    # Without column lineage, which needs columns of the sources: they are files, not relations.
    described = DbtEventIterator(iter(counted), build)
    return described.fetch_column_metadata(with_column_lineage=False)


def _what_failed(data: DataFolder, target: Path, error: Exception) -> str:
    failed = failed_nodes(target)
    # Without results, dbt itself did not get going; what it said stands at the end of the message.
    said = str(error).rpartition("Errors parsed from dbt logs:")[2].strip()
    what = f"failed: {', '.join(failed)}." if failed else f"did not start: {said}"
    return f"dbt build {what} {what_stays(data)}"


def _close(build: DbtCliInvocation) -> None:
    """Let go of the warehouse, which fetching row counts has opened in this process."""
    if build.adapter:
        build.adapter.cleanup_connections()
        # dbt-duckdb keeps its file open beyond that; other adapters have nothing of the kind.
        getattr(build.adapter.connections, "close_all_connections", lambda: None)()
