"""Weeks of requests: a run notes those it has computed, any range can be computed again."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.dbt_build import INCREMENTAL, build, weeks_touched
from orchestration.defs.refresh.resources import RunLock
from orchestration.environment import export
from orchestration.publishing import PublishError, SwitchError, publish, what_stays
from orchestration.rebuild import Rebuild
from orchestration.retrying import failure
from orchestration.settings import DataFolder, SettingsError
from orchestration.showing import show_publication
from orchestration.weeks import KEY, week_partitions


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["intermediate", INCREMENTAL])],
    partitions_def=week_partitions(DataFolder.from_environment()),
    # A range is one dbt command, and one publication.
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="weeks",
    kinds={"dbt", "parquet"},
    owners=["team:analytics-engineering"],
    pool="warehouse",
)
def weeks(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, run_lock: RunLock
) -> Iterator[dg.MaterializeResult]:
    """The weeks that the days of tokens are made of. A run that finds new rows of a week notes it
    here; to materialise a range is to compute its requests again from raw/, build and test
    everything on them, and publish: in one run, which lands nothing."""
    data = DataFolder.from_environment()
    export(data)
    begins, ends = context.partition_time_window
    last = ends.date() - timedelta(days=7)
    rebuild = Rebuild(anyway=True, weeks=f"{begins.date()}..{last}")
    try:
        rebuild.check(data)
    except SettingsError as error:
        raise dg.Failure(f"{error} {what_stays(data)}", allow_retries=False) from error
    # This step is none of dbt's own, so what they tell is noted by it, for their pages.
    for event in build(context, dbt, data, rebuild, is_own_step=True):
        context.log_event(event)
    requests = sum(weeks_touched(data).values())
    context.instance.add_run_tags(context.run_id, {"north_star/weeks": rebuild.weeks})
    try:
        publication = publish(data, context.run_id)
    except SwitchError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except PublishError as error:
        raise failure(context, f"{error} {what_stays(data)}", error) from None
    shown = show_publication(context, data, publication)
    context.log_event(dg.AssetMaterialization("published", metadata=shown))
    yield dg.MaterializeResult(metadata={"requests": requests})
