"""Run the job ``refresh`` in this process, on the instance whose history the web page shows."""

from __future__ import annotations

import dagster as dg

from orchestration.environment import prepare_dagster_home
from orchestration.settings import DataFolder

# Dagster's own log goes to its history; a terminal shows what landing and dbt print.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RefreshError(Exception):
    """A run has failed; the message says what failed and what is published all the same."""


def refresh(data: DataFolder) -> str:
    """Land, build, test and publish.

    Returns:
        The run's id, which is the publication's too.

    Raises:
        RefreshError: an asset or a blocking check failed.
    """
    prepare_dagster_home(data)
    # Loads the definitions, and with them the manifest of this very project.
    from orchestration.definitions import defs

    job = defs().resolve_job_def("refresh")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(run_config=_QUIET, instance=instance, raise_on_error=False)
    if not result.success:
        raise RefreshError(_what_failed(result))
    return result.run_id


def _what_failed(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            if failure.user_failure_data and failure.user_failure_data.description:
                return failure.user_failure_data.description
            return f"{event.step_key} failed: {failure.error_display_string}"
    return "The run failed before its first step."
