"""The jobs: land, build and test, publish, report."""

import dagster as dg

from orchestration.weeks import KEY

# There is one DuckDB file and dbt runs its models in parallel by itself: a process for each step
# would add its start-up time and nothing else.
_executor = dg.in_process_executor
# A run that was killed starts over, from its first step: what it had landed is found there.
_START_OVER = {"dagster/retry_strategy": "ALL_STEPS"}


@dg.definitions
def jobs() -> dg.Definitions:
    """The jobs of the whole pipeline; what is materialised from the web page runs in one process as
    well."""
    # A range of weeks is the job backfill's, and files come from elsewhere.
    everything = dg.AssetSelection.all() - dg.AssetSelection.assets(KEY)
    refresh = dg.define_asset_job(
        "refresh",
        selection=everything,
        tags=_START_OVER,
        description="Land new files, build and test every model, publish marts and digest.",
    )
    close_week = dg.define_asset_job(
        "close_week",
        selection=everything,
        tags=_START_OVER,
        config={"ops": {"dbt": {"config": {"closing": True}}}},
        description="The same, and the week that became final last is computed again from raw/.",
    )
    send_digest = dg.define_asset_job(
        "send_digest",
        selection=dg.AssetSelection.assets("digest"),
        description="Send the digest of the latest final week, if that is owed to its readers.",
    )
    return dg.Definitions(jobs=[refresh, close_week, send_digest], executor=_executor)
