"""The raw tables: what landing makes of the files that other systems drop."""

from collections.abc import Iterator

import dagster as dg

from orchestration.dbt_assets import file_specs, source_specs
from orchestration.defs.refresh.resources import RunLock
from orchestration.landing import LandingError, land
from orchestration.manifest import ensure_manifest, read_manifest
from orchestration.publishing import what_stays
from orchestration.retrying import failure
from orchestration.settings import DataFolder

_MANIFEST = read_manifest(ensure_manifest(DataFolder.from_environment()))


@dg.definitions
def files() -> dg.Definitions:
    """What other systems drop, and the tables that landing makes of it."""
    return dg.Definitions(assets=[*file_specs(_MANIFEST), landing])


@dg.multi_asset(name="landing", specs=list(source_specs(_MANIFEST)), pool="warehouse")
def landing(context: dg.AssetExecutionContext, run_lock: RunLock) -> Iterator[dg.MaterializeResult]:
    """Land all new files at once: they become one batch, whichever table they belong to."""
    data = DataFolder.from_environment()
    try:
        result = land(data)
    except LandingError as error:
        raise failure(context, f"{error} {what_stays(data)}", error) from None
    for warning in result.warnings:
        context.log.warning(warning)
        print(f"Warning: {warning}")  # a terminal does not show Dagster's own log
    tags = {"north_star/rows_landed": str(result.rows_landed)}
    context.instance.add_run_tags(context.run_id, tags)
    for key in context.selected_asset_keys:
        counts = result.tables.get(".".join(key.path))
        if counts and counts.files:
            noted = {"files": counts.files, "rows": counts.rows_landed + counts.rows_rejected}
            context.log_event(dg.AssetMaterialization(["files", *key.path], metadata=noted))
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "files": counts.files if counts else 0,
                "rows_landed": counts.rows_landed if counts else 0,
                "rows_rejected": counts.rows_rejected if counts else 0,
                "batch": ", ".join(result.batch_ids) or "nothing new",
            },
        )
