"""The whole dbt project, in place: models and seeds as assets, tests as asset checks."""

import logging
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
from orchestration.defs.report.assets import deliver_owed
from orchestration.environment import export, private_files, spilling
from orchestration.manifest import build_target, ensure_manifest, hand_over_cache
from orchestration.publishing import (
    discard_build,
    failed_nodes,
    keep_build,
    nothing_new,
    read_basis,
    what_stays,
)
from orchestration.rebuild import Rebuild
from orchestration.settings import PROJECT, SPARK, DataFolder, SettingsError


class RebuildConfig(dg.Config):
    """What is built although nothing is new; the page that launches a run asks for it.

    Attributes:
        anyway: whether it is built at all where nothing is new.
        weeks: two days, in the first and the last week to compute again: 2026-10-05..2026-11-02.
        everything: whether all is computed again, what is kept from build to build as well.
    """

    anyway: bool = False
    weeks: str = ""
    everything: bool = False


@dbt_assets(
    manifest=ensure_manifest(DataFolder.from_environment()),
    project=DbtProject(PROJECT, target=DataFolder.from_environment().target),
    dagster_dbt_translator=TRANSLATOR,
    name="dbt",
    pool="warehouse",
)
def dbt_build(
    context: dg.AssetExecutionContext,
    dbt: DbtCliResource,
    run_lock: RunLock,
    config: RebuildConfig,
) -> Iterator[Any]:
    """Build and test: a failed test stops what depends on it, and with it the publication.

    Where nothing is new nothing is built, and what follows is skipped.
    """
    data = DataFolder.from_environment()
    export(data)
    rebuild = Rebuild(**config.model_dump())
    try:
        rebuild.check(data)
    except SettingsError as error:
        raise dg.Failure(f"{error} {what_stays(data)}", allow_retries=False) from error
    told = None if rebuild.is_wanted or context.is_subset else nothing_new(data)
    if told:
        context.log.info(told)
        print(told, flush=True)  # a terminal does not show Dagster's own log
        _hush_missing_checks()
        deliver_owed(context)
        return
    basis = read_basis(data)
    target = build_target(data)
    (target / "run_results.json").unlink(missing_ok=True)
    discard_build(data)
    # Unit tests try the SQL on made-up rows: they belong to a change of it, not to each night.
    command = ["build", "--exclude-resource-type", "unit_test", *rebuild.arguments]
    with spilling(data):
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
            if rebuild.weeks:
                hand_over_cache(data)  # or the next build, of other vars, would read all files anew
    keep_build(data, target, basis)


def _hush_missing_checks() -> None:
    """Of a step that is skipped Dagster says that it went on without the checks before it."""
    logger = logging.getLogger("dagster._core.execution.plan.active")
    logger.addFilter(lambda record: "emitted no result" not in record.getMessage())


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
    why = next((f" {sentence}" for sentence in failed.values() if sentence), "")
    return f"dbt build {what}{why} {what_stays(data)}"


def _close(build: DbtCliInvocation) -> None:
    """Let go of the warehouse, which fetching row counts has opened in this process."""
    if build.adapter:
        build.adapter.cleanup_connections()
        # dbt-duckdb keeps its file open beyond that; other adapters have nothing of the kind.
        getattr(build.adapter.connections, "close_all_connections", lambda: None)()
