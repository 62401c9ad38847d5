"""Run the job ``refresh`` in this process, on the instance whose history the web page shows."""

from __future__ import annotations

import re
from dataclasses import asdict

import dagster as dg

from orchestration.environment import prepare_dagster_home
from orchestration.rebuild import NOTHING, Rebuild
from orchestration.settings import DataFolder

# Dagster's own log goes to its history; a terminal shows what landing and dbt print.
_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}

# How a message begins that was written for the person who started the run.
_FORESEEN = re.compile(r"(dagster\.\S+\.Failure|orchestration\.\S+Error): ")


class RefreshError(Exception):
    """A run has failed; the message says what failed and what is published all the same."""


def refresh(data: DataFolder, wait_seconds: int = 3600, rebuild: Rebuild = NOTHING) -> str:
    """Land, build, test and publish; where nothing is new, only land.

    Args:
        data: the folder to work in.
        wait_seconds: how long to wait for another run to end.
        rebuild: what is built although nothing is new.

    Returns:
        The run's id, which is the publication's too, if there is one.

    Raises:
        RefreshError: an asset or a blocking check failed.
    """
    prepare_dagster_home(data)
    # Loads the definitions, and with them the manifest of this very project.
    from orchestration.definitions import defs

    job = defs().resolve_job_def("refresh")
    config = {
        "loggers": _QUIET,
        "resources": {"run_lock": {"config": {"wait_seconds": wait_seconds}}},
        "ops": {"dbt": {"config": asdict(rebuild)}},
    }
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(config, instance=instance, raise_on_error=False)
    if not result.success:
        raise RefreshError(_what_failed(result))
    return result.run_id


def _what_failed(result: dg.ExecuteInProcessResult) -> str:
    """The first failure's own words, and for one that nobody foresaw, where to read on."""
    for event in result.all_events:
        data = event.event_specific_data
        failure = getattr(data, "user_failure_data", None)
        if failure and failure.description:
            return failure.description
        error = getattr(data, "error", None)
        if error:
            while error.cause:
                error = error.cause
            message = error.message.strip()
            foreseen = _FORESEEN.match(message)
            if foreseen:
                return message[foreseen.end() :]
            return f"{event.step_key or event.message}: {message}. {_where(result)}"
    return f"It gave no reason. {_where(result)}"


def _where(result: dg.ExecuteInProcessResult) -> str:
    return f"The whole story: make dev, run {result.run_id}."
