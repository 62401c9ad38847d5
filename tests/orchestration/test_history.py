"""Runs in Dagster's history whose process is gone."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from orchestration import history
from orchestration.history import close_lost_runs, is_anything_going_on, is_over, tidy
from orchestration.run_lock import Holder, at_work, hold_run_lock
from orchestration.settings import DataFolder


@dg.job
def a_job() -> None:
    """For runs that are only noted, never executed."""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def begin(instance: dg.DagsterInstance) -> str:
    """A run that counts as started."""
    run = instance.create_run_for_job(a_job, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    return instance.get_run_by_id(run_id).status


def test_a_run_that_a_process_works_on_is_left_alone(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    run_id = begin(instance)
    with at_work(data, run_id), hold_run_lock(data, "run", run_id):
        tidy(data, instance)
        assert status(instance, run_id) is dg.DagsterRunStatus.STARTED
        assert is_anything_going_on(instance, ["a_job"])
    assert not is_anything_going_on(instance, ["another"])


def test_a_run_that_waits_for_another_is_left_alone(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    waiting = begin(instance)
    with at_work(data, waiting):
        tidy(data, instance)
        assert status(instance, waiting) is dg.DagsterRunStatus.STARTED


def test_a_run_whose_process_is_gone_is_closed(
    instance: dg.DagsterInstance, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = begin(instance)
    # It has not come as far as to say that it is at work; for a while that is usual.
    monkeypatch.setattr(history, "_LOADING_SECONDS", 1e12)
    assert close_lost_runs(instance, data) == []
    monkeypatch.setattr(history, "_LOADING_SECONDS", 0)
    assert close_lost_runs(instance, data) == [run_id]
    assert status(instance, run_id) is dg.DagsterRunStatus.FAILURE


def test_a_killed_holder_of_the_lock_is_closed_at_once(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    run_id = begin(instance)
    with hold_run_lock(data, "run", run_id):
        holder = (data.root / "run.lock.holder.json").read_text()
    # A killed process leaves its name behind.
    (data.root / "run.lock.holder.json").write_text(holder)
    tidy(data, instance)
    assert status(instance, run_id) is dg.DagsterRunStatus.FAILURE
    assert not (data.root / "run.lock.holder.json").exists()


def test_a_holder_is_over_when_its_run_is(instance: dg.DagsterInstance) -> None:
    run_id = begin(instance)
    holder = Holder("run", run_id, 1, "here", "now")
    assert not is_over(instance, holder)
    instance.report_run_failed(instance.get_run_by_id(run_id), "Exceeded maximum runtime.")
    assert is_over(instance, holder)
    assert not is_over(instance, Holder("make land", None, 1, "here", "now"))
