"""Dagster's history of runs: what went wrong in one, and runs whose process is gone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import dagster as dg

from orchestration.run_lock import (
    Holder,
    RunLockError,
    end_holder,
    end_processes,
    hold_run_lock,
    is_at_work,
    read_holder,
)
from orchestration.settings import DataFolder

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# Seconds from the start of a run's process to its first step, in which it is loading the project.
_LOADING_SECONDS = 180
# Tag of a run that was ended because it hung.
STUCK = "north_star/stuck_after"
_GONE = "Its process was gone when somebody looked."

# How a message begins that was written for the person who started the run.
_FORESEEN = re.compile(r"(dagster\.\S+\.(Failure|RetryRequested)|orchestration\.\S+Error): ")


@dataclass(frozen=True)
class Reason:
    """Why a run failed.

    Attributes:
        sentence: what was said.
        step: the step that failed; None if it was the run itself.
        is_foreseen: whether the sentence was written for a person.
    """

    sentence: str
    step: str | None = None
    is_foreseen: bool = True


def reason_of(events: Iterable[dg.DagsterEvent]) -> Reason | None:
    """The first failure among events of a run; None if none of them tells one."""
    for event in events:
        if event.is_step_up_for_retry:
            continue
        data = event.event_specific_data
        failure = getattr(data, "user_failure_data", None)
        if failure and failure.description:
            return Reason(failure.description, event.step_key)
        error = getattr(data, "error", None)
        if error:
            while error.cause:
                error = error.cause
            message = error.message.strip()
            foreseen = _FORESEEN.match(message)
            if foreseen:
                return Reason(message[foreseen.end() :], event.step_key)
            return Reason(message, event.step_key, is_foreseen=False)
    return None


def is_anything_going_on(instance: dg.DagsterInstance, jobs: Sequence[str]) -> bool:
    """Whether a run of one of the jobs waits or is at work."""
    runs = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY))
    return any(run.job_name in jobs for run in runs)


def close_killed_run(instance: dg.DagsterInstance, killed: Holder | None) -> None:
    """Mark a run as failed whose process was killed, for it would hold the queue for ever.

    Args:
        instance: holds the history.
        killed: what ``hold_run_lock`` found left over.
    """
    run = instance.get_run_by_id(killed.run_id) if killed and killed.run_id else None
    if run and not run.is_finished:
        instance.report_run_failed(run, _GONE)


def close_lost_runs(instance: dg.DagsterInstance, data: DataFolder) -> list[str]:
    """Mark runs as failed that count as started, and that no process works on.

    Dagster's code server notices when the process of a run is killed, unless it is killed as well.

    Returns:
        Their ids.
    """
    lost = []
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    for record in records:
        run, started = record.dagster_run, record.start_time or 0.0
        at_work = is_at_work(data, run.run_id)
        if at_work is None:  # it has not come as far as to say so
            at_work = time.time() - started < _LOADING_SECONDS
        now = instance.get_run_by_id(run.run_id)
        if not at_work and now and not now.is_finished:
            instance.report_run_failed(now, _GONE)
            lost.append(run.run_id)
    return lost


def end_stuck_runs(
    instance: dg.DagsterInstance, data: DataFolder, longest_seconds: float
) -> list[str]:
    """Kill the process of a run that has lasted too long, and all that it has started.

    A process that hangs is not asked: Dagster's code server would wait for its answer for ever.
    Nothing is half done, whenever a process is killed; the run is not started again by itself.

    Args:
        instance: holds the history.
        data: the data folder, whose lock the run holds.
        longest_seconds: how long a run may last.

    Returns:
        Ids of the runs.
    """
    ended = []
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    holder = read_holder(data)
    for record in records:
        run_id = record.dagster_run.run_id
        lasted = time.time() - (record.start_time or time.time())
        if holder and holder.run_id == run_id and lasted > longest_seconds and holder.is_here:
            instance.add_run_tags(run_id, {STUCK: f"{lasted:.0f} s", "dagster/max_retries": "0"})
            end_holder(holder)
            ended.append(run_id)
    return ended


def is_over(instance: dg.DagsterInstance, holder: Holder) -> bool:
    """Whether a run that holds the lock has ended in the history, though its process has not."""
    run = instance.get_run_by_id(holder.run_id) if holder.run_id else None
    return run is not None and run.is_finished


def tidy(data: DataFolder, instance: dg.DagsterInstance) -> None:
    """Close runs whose process is gone, and end what they have left at work."""
    records = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    if not records:
        return
    quietly = {"wait_seconds": 0, "tell": lambda _: None}
    with (
        suppress(RunLockError),
        hold_run_lock(data, "a look at the history", **quietly) as killed,
    ):
        end_processes(killed and killed.run_id)
        close_killed_run(instance, killed)
    close_lost_runs(instance, data)
