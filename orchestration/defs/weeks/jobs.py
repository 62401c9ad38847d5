"""Weeks computed again, from Dagster's page or by ``make backfill``."""

import dagster as dg

from orchestration.weeks import KEY


@dg.definitions
def jobs() -> dg.Definitions:
    """The job ``backfill``."""
    backfill = dg.define_asset_job(
        "backfill",
        selection=dg.AssetSelection.assets(KEY),
        description="Compute a range of weeks again from raw/, build, test, publish: one run.",
    )
    return dg.Definitions(jobs=[backfill])
