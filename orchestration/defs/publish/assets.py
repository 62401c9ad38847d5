"""The published set, the last asset of a run: a failed blocking check keeps it from running."""

from datetime import timedelta

import dagster as dg

from orchestration.automation import read_automation
from orchestration.dbt_assets import mart_keys
from orchestration.defs.refresh.resources import RunLock
from orchestration.manifest import ensure_manifest, read_manifest
from orchestration.publishing import PublishError, SwitchError, publish, what_stays
from orchestration.retrying import failure
from orchestration.settings import SPARK, DataFolder
from orchestration.showing import show_publication

_DATA = DataFolder.from_environment()


@dg.asset(
    deps=mart_keys(read_manifest(ensure_manifest(_DATA))),
    group_name="publish",
    kinds={"spark"} if _DATA.target == SPARK else {"duckdb", "parquet"},
    owners=["team:analytics-engineering"],
    pool="warehouse",
    freshness_policy=dg.FreshnessPolicy.time_window(
        timedelta(hours=read_automation().published_hours)
    ),
)
def published(context: dg.AssetExecutionContext, run_lock: RunLock) -> dg.MaterializeResult:
    """The marts as BI tools read them: each audited set by itself, and links or views that lead to
    the current one."""
    data = DataFolder.from_environment()
    try:
        publication = publish(data, context.run_id)
    except SwitchError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    except PublishError as error:
        raise failure(context, f"{error} {what_stays(data)}", error) from None
    return dg.MaterializeResult(metadata=show_publication(context, data, publication))
