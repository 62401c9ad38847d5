"""The published set, the last asset of a run: a failed blocking check keeps it from running."""

import dagster as dg

from orchestration.dbt_assets import mart_keys
from orchestration.defs.refresh.resources import RunLock
from orchestration.manifest import ensure_manifest, read_manifest
from orchestration.publishing import PublishError, SwitchError, publish, what_stays
from orchestration.settings import SPARK, DataFolder

_DATA = DataFolder.from_environment()


@dg.asset(
    deps=mart_keys(read_manifest(ensure_manifest(_DATA))),
    group_name="publish",
    kinds={"spark"} if _DATA.target == SPARK else {"duckdb", "parquet"},
    pool="warehouse",
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
        raise dg.Failure(f"{error} {what_stays(data)}", allow_retries=False) from error
    watermark = publication.watermark
    return dg.MaterializeResult(
        metadata={
            "database": publication.schema or dg.MetadataValue.path(str(publication.database)),
            "link": dg.MetadataValue.path(str(data.published)),
            "watermark": f"{watermark:%Y-%m-%d %H:%M} UTC" if watermark else "no logs yet",
            "is_sample": publication.is_sample,
        }
    )
