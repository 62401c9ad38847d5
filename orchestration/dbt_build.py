"""One dbt build of the whole project, as a step of a run: its events, and what they tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliInvocation, DbtCliResource
from dagster_dbt.core.dbt_event_iterator import DbtEventIterator

from orchestration.dbt_assets import TRANSLATOR, asset_manifest
from orchestration.environment import private_files, spilling
from orchestration.manifest import build_target, hand_over_cache
from orchestration.publishing import (
    discard_build,
    failed_nodes,
    keep_build,
    read_basis,
    what_stays,
)
from orchestration.publishing.copying import quoted
from orchestration.rebuild import Rebuild, weeks_of
from orchestration.retrying import failure
from orchestration.run_folder import keep_artifacts
from orchestration.settings import SPARK, DataFolder

# The model whose rows are kept from build to build; what it holds of the run's weeks is new.
INCREMENTAL = "int_token_days"
# Weeks in a table on Dagster's page.
_SHOWN = 12


def build(
    context: dg.AssetExecutionContext,
    dbt: DbtCliResource,
    data: DataFolder,
    rebuild: Rebuild,
    *,
    is_own_step: bool = False,
) -> Iterator[Any]:
    """Build and test everything that is selected, and keep the record that publishing asks for.

    Args:
        context: of the step.
        dbt: the resource.
        data: the data folder, whose run lock the caller holds.
        rebuild: what is computed again.
        is_own_step: whether the step is no dbt asset, so that events are of other assets than its.

    Yields:
        Dagster's events: outputs of a dbt asset, else materializations; evaluations of checks.

    Raises:
        dg.Failure, dg.RetryRequested: dbt did not build everything, or a test failed.
    """
    basis = read_basis(data)
    target = build_target(data)
    (target / "run_results.json").unlink(missing_ok=True)
    discard_build(data)
    # Unit tests try the SQL on made-up rows: they belong to a change of it, not to each night.
    command = ["build", "--exclude-resource-type", "unit_test", *rebuild.arguments]
    asked: dict[str, Any] = {"context": context}
    if is_own_step:
        manifest = asset_manifest(data.dbt / "manifest.json")
        asked = {"manifest": manifest, "dagster_dbt_translator": TRANSLATOR}
    with spilling(data):
        # The warehouse holds e-mail addresses, in the resolution layer.
        with private_files():
            invocation = dbt.cli(command, target_path=target, **asked)
        if data.warehouse.exists():
            data.warehouse.chmod(0o600)
        try:
            if data.target == SPARK:
                for event in invocation.stream():
                    yield from _with_metadata(event, invocation)
            else:
                yield from _with_contents(_when_ended(invocation.stream()), data, invocation)
        except DagsterDbtCliRuntimeError as error:
            said = _what_failed(target, error)
            raise failure(context, f"{said} {what_stays(data)}", said) from None
        finally:
            _close(invocation)
            keep_artifacts(data, context.run_id, target)
            if rebuild.weeks:
                hand_over_cache(data)  # or the next build, of other vars, would read all files anew
    keep_build(data, target, basis)


def weeks_touched(data: DataFolder) -> Mapping[date, int]:
    """The weeks that the last build computed, with the requests of the dates it computed; empty on
    Spark, which computes all."""
    if data.target == SPARK:
        return {}
    with duckdb.connect(data.warehouse, read_only=True) as warehouse:
        found = warehouse.execute(
            "select 1 from duckdb_tables() "
            "where schema_name = 'intermediate' and table_name = 'int_landed_dates'"
        )
        if not found.fetchone():
            return {}
        rows = warehouse.execute(
            "select event_date, sum(rows_there)::bigint from intermediate.int_landed_dates "
            "where is_outdated group by event_date"
        )
        return weeks_of(dict(rows.fetchall()))


def _when_ended(events: Iterable[Any]) -> Iterator[Any]:
    """The events of a build when it has ended, and then the error it has ended with."""
    collected, failed = [], None
    try:
        for event in events:
            collected.append(event)
    except DagsterDbtCliRuntimeError as error:
        failed = error
    yield from collected
    if failed:
        raise failed


def _with_contents(
    events: Iterable[Any], data: DataFolder, invocation: DbtCliInvocation
) -> Iterator[Any]:
    """Events of a build on DuckDB that has ended, with the rows and columns of their tables.

    All tables are looked at at once: dagster-dbt asks for each by itself, which takes more of the
    processor than building them does.
    """
    contents: dict[tuple[str, str], dict[str, Any]] | None = None
    for event in events:
        if not isinstance(event, (dg.Output, dg.AssetMaterialization)):
            yield event
            continue
        # Another process can read DuckDB's file only when dbt has let go of it.
        contents = _contents(data) if contents is None else contents
        node = invocation.manifest["nodes"][event.metadata["unique_id"].text]
        found = contents.get((node["schema"], node["alias"]), {})
        if node["name"] == INCREMENTAL:
            found = {**found, **told_of_weeks(weeks_touched(data))}
        yield event.with_metadata({**event.metadata, **found})


def told_of_weeks(weeks: Mapping[date, int]) -> dict[str, Any]:
    """The weeks that a run has computed, as Dagster's page shows them."""
    rows = [f"| {week} | {requests:,} |" for week, requests in sorted(weeks.items())]
    table = "\n".join(["| week | requests |", "|---|---:|", *rows[-_SHOWN:]])
    earlier = f"\n\nand {len(rows) - _SHOWN} earlier ones" if len(rows) > _SHOWN else ""
    return {
        "weeks_touched": len(weeks),
        "touched": dg.MetadataValue.md(table + earlier if weeks else "none"),
    }


def _contents(data: DataFolder) -> dict[tuple[str, str], dict[str, Any]]:
    """Number of rows (of tables) and columns by schema and name, as Dagster's page shows them."""
    settings = {"file_search_path": str(data.raw / "batches")}
    with duckdb.connect(data.warehouse, read_only=True, config=settings) as warehouse:
        tables = warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        columns = warehouse.execute(
            "select schema_name, table_name, list(column_name order by column_index), "
            "list(data_type order by column_index) from duckdb_columns() where not internal "
            "group by all"
        ).fetchall()
        rows = {
            (schema, name): warehouse.table(f"{quoted(schema)}.{quoted(name)}").shape[0]
            for schema, name in tables
        }
    contents: dict[tuple[str, str], dict[str, Any]] = {
        (schema, name): {
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(*each) for each in zip(names, types, strict=True)]
            )
        }
        for schema, name, names, types in columns
    }
    for table, number in rows.items():
        contents[table]["dagster/row_count"] = number
    return contents


def _with_metadata(event: Any, invocation: DbtCliInvocation) -> Iterator[Any]:
    """An event with the rows and columns of its table on Spark.

    One event at a time: while dagster-dbt waits for the next one it asks for it without a pause,
    which takes a whole processor for as long as a build lasts.
    """
    counted = list(DbtEventIterator(iter([event]), invocation).fetch_row_counts())
    # Without column lineage, which needs columns of the sources: they are files, not relations.
    described = DbtEventIterator(iter(counted), invocation)
    return described.fetch_column_metadata(with_column_lineage=False)


def _what_failed(target: Path, error: Exception) -> str:
    failed = failed_nodes(target)
    # Without results, dbt itself did not get going; what it said stands at the end of the message.
    said = str(error).rpartition("Errors parsed from dbt logs:")[2].strip()
    what = f"failed: {', '.join(failed)}." if failed else f"did not start: {said}"
    why = next((f" {sentence}" for sentence in failed.values() if sentence), "")
    return f"dbt build {what}{why}"


def _close(invocation: DbtCliInvocation) -> None:
    """Let go of the warehouse, which fetching row counts has opened in this process."""
    if invocation.adapter:
        invocation.adapter.cleanup_connections()
        # dbt-duckdb keeps its file open beyond that; other adapters have nothing of the kind.
        getattr(invocation.adapter.connections, "close_all_connections", lambda: None)()
