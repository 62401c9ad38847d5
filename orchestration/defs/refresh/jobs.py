"""The one job: land, build and test, publish, report."""

import dagster as dg

# There is one DuckDB file and dbt runs its models in parallel by itself: a process for each step
# would add its start-up time and nothing else.
_executor = dg.in_process_executor


@dg.definitions
def jobs() -> dg.Definitions:
    """The job ``refresh``; what is materialised from the web page runs in one process as well."""
    refresh = dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.all(),
        description="Land new files, build and test every model, publish marts and digest.",
    )
    return dg.Definitions(jobs=[refresh], executor=_executor)
