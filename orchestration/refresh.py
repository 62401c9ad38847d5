"""Run the job ``refresh`` in this process, on the instance whose history the web page shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import dagster as dg

from orchestration.environment import prepare_dagster_home
from orchestration.history import reason_of
from orchestration.rebuild import NOTHING, Rebuild
from orchestration.settings import DataFolder

# Dagster's own log goes to its history; a terminal shows what landing and dbt print.
_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


class RefreshError(Exception):
    """A run has failed; the message says what failed and what is published all the same."""


def refresh(
    data: DataFolder,
    wait_seconds: int = 3600,
    rebuild: Rebuild = NOTHING,
    job: str = "refresh",
) -> str:
    """Land, build, test and publish; where nothing is new, only land.

    Args:
        data: the folder to work in.
        wait_seconds: how long to wait for another run to end.
        rebuild: what is built although nothing is new.
        job: ``refresh``, or ``backfill``: the weeks of ``rebuild`` alone, without landing.

    Returns:
        The run's id, which is the publication's too, if there is one.

    Raises:
        RefreshError: an asset or a blocking check failed.
    """
    prepare_dagster_home(data)
    # Loads the definitions, and with them the manifest of this very project.
    from orchestration.definitions import defs

    config: dict[str, Any] = {
        "loggers": _QUIET,
        "resources": {"run_lock": {"config": {"wait_seconds": wait_seconds}}},
    }
    tags = {}
    if job == "backfill":
        first, last = rebuild.first_days()
        tags = {
            "dagster/asset_partition_range_start": first.isoformat(),
            "dagster/asset_partition_range_end": last.isoformat(),
        }
    else:
        config["ops"] = {"dbt": {"config": asdict(rebuild)}}
    with dg.DagsterInstance.get() as instance:
        result = (
            defs()
            .resolve_job_def(job)
            .execute_in_process(config, instance=instance, raise_on_error=False, tags=tags)
        )
    if not result.success:
        raise RefreshError(_what_failed(result))
    return result.run_id


def _what_failed(result: dg.ExecuteInProcessResult) -> str:
    """The first failure's own words, and for one that nobody foresaw, where to read on."""
    reason = reason_of(result.all_events)
    if reason and reason.is_foreseen:
        return reason.sentence
    said = f"{reason.step or 'It'}: {reason.sentence}" if reason else "It gave no reason"
    return f"{said}. The whole story: make dev, run {result.run_id}."
