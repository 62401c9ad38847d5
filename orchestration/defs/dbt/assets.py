"""The whole dbt project, in place: models and seeds as assets, tests as asset checks."""

import logging
from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from orchestration.dbt_assets import TRANSLATOR, asset_manifest
from orchestration.dbt_build import build, weeks_touched
from orchestration.defs.refresh.resources import RunLock
from orchestration.defs.report.assets import deliver_owed
from orchestration.environment import export
from orchestration.manifest import ensure_manifest
from orchestration.publishing import nothing_new, what_stays
from orchestration.rebuild import Rebuild
from orchestration.settings import PROJECT, DataFolder, SettingsError
from orchestration.weeks import note_weeks


class RebuildConfig(dg.Config):
    """What is built although nothing is new; the page that launches a run asks for it.

    Attributes:
        anyway: whether it is built at all where nothing is new.
        weeks: two days, in the first and the last week to compute again: 2026-10-05..2026-11-02.
        closing: whether the week that became final last is computed again.
        everything: whether all is computed again, what is kept from build to build as well.
    """

    anyway: bool = False
    weeks: str = ""
    closing: bool = False
    everything: bool = False


@dbt_assets(
    manifest=asset_manifest(ensure_manifest(DataFolder.from_environment())),
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
    rebuild = Rebuild(**config.model_dump()).with_closing_week(data)
    try:
        rebuild.check(data)
    except SettingsError as error:
        raise dg.Failure(f"{error} {what_stays(data)}", allow_retries=False) from error
    told = None if rebuild.is_wanted or context.is_subset else nothing_new(data)
    if told:
        context.log.info(told)
        print(told, flush=True)  # a terminal does not show Dagster's own log
        context.instance.add_run_tags(context.run_id, {"north_star/published": "nothing new"})
        _hush_missing_checks()
        deliver_owed(context)
        return
    yield from build(context, dbt, data, rebuild)
    note_weeks(context, weeks_touched(data))


def _hush_missing_checks() -> None:
    """Of a step that is skipped Dagster says that it went on without the checks before it."""
    logger = logging.getLogger("dagster._core.execution.plan.active")
    logger.addFilter(lambda record: "emitted no result" not in record.getMessage())
