"""The upkeep of raw/: small batches become one, rows past their time go."""

import dagster as dg

from orchestration.defs.refresh.resources import RunLock
from orchestration.landing import LandingError
from orchestration.landing import compact as compact_raw
from orchestration.retrying import failure
from orchestration.settings import DataFolder


@dg.op(pool="warehouse")
def compact_batches(context: dg.OpExecutionContext, run_lock: RunLock) -> None:
    """Merge small batches of raw/, and remove rows of logs past ``raw_retention_days``."""
    try:
        done = compact_raw(DataFolder.from_environment())
    except LandingError as error:
        raise failure(context, str(error), error) from None
    context.add_output_metadata(
        {
            "batches_before": done.batches_before,
            "batches_after": done.batches_after,
            "rows_removed": sum(done.rows_removed.values()),
        }
    )


@dg.job
def compact() -> None:
    """Keep raw/ quick to read: a year of nightly batches need not be a year of small files."""
    compact_batches()


@dg.definitions
def jobs() -> dg.Definitions:
    """The job ``compact``."""
    return dg.Definitions(jobs=[compact])
