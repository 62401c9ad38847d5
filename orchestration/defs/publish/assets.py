"""The published set, the last asset of a run: a failed blocking check keeps it from running."""

import dagster as dg

from orchestration.dbt_assets import mart_keys
from orchestration.defs.refresh.resources import RunLock
from orchestration.manifest import ensure_manifest, read_manifest
from orchestration.publishing import PublishError, publish, what_stays
from orchestration.settings import DataFolder


@dg.asset(
    deps=mart_keys(read_manifest(ensure_manifest(DataFolder.from_environment()))),
    group_name="publish",
    kinds={"duckdb", "parquet"},
    pool="warehouse",
)
def published(context: dg.AssetExecutionContext, run_lock: RunLock) -> dg.MaterializeResult:
    """The marts as BI tools read them: a folder for each audited set, a link to the current one."""
    data = DataFolder.from_environment()
    try:
        publication = publish(data, context.run_id)
    except PublishError as error:
        raise dg.Failure(f"{error} {what_stays(data)}", allow_retries=False) from error
    watermark = publication.watermark
    return dg.MaterializeResult(
        metadata={
            "database": dg.MetadataValue.path(str(publication.database)),
            "link": dg.MetadataValue.path(str(data.published)),
            "watermark": f"{watermark:%Y-%m-%d %H:%M} UTC" if watermark else "no logs yet",
            "is_sample": publication.is_sample,
        }
    )
