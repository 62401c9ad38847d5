"""Dagster's history of runs, in which a killed run looks as if it were still running."""

from __future__ import annotations

from contextlib import suppress

import dagster as dg

from orchestration.run_lock import Holder, RunLockError, hold_run_lock
from orchestration.settings import DataFolder


def close_killed_run(instance: dg.DagsterInstance, killed: Holder | None) -> None:
    """Mark a run as failed whose process was killed, for it would hold the queue for ever.

    Args:
        instance: holds the history.
        killed: what ``hold_run_lock`` found left over.
    """
    run = instance.get_run_by_id(killed.run_id) if killed and killed.run_id else None
    if run and not run.is_finished:
        instance.report_run_failed(run, "Its process was gone when the next one began.")


def tidy(data: DataFolder) -> None:
    """Close a killed run, unless a run is going on right now. DAGSTER_HOME has to be set."""
    quietly = {"wait_seconds": 0, "tell": lambda _: None}
    with (
        suppress(RunLockError),
        dg.DagsterInstance.get() as instance,
        hold_run_lock(data, "a look at the history", **quietly) as killed,
    ):
        close_killed_run(instance, killed)
