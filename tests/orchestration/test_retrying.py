"""What is tried again, and what not."""

from __future__ import annotations

import errno
from dataclasses import replace

import dagster as dg
import pytest

from orchestration.automation import Patience, read_automation
from orchestration.history import Reason, reason_of
from orchestration.landing import LandingError
from orchestration.retrying import failure, is_transient


def caused_by(error: BaseException) -> LandingError:
    sentence = LandingError("raw/: it could not be written.")
    sentence.__cause__ = error
    return sentence


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OSError(errno.ESTALE, "Stale file handle"), True),
        (caused_by(OSError(errno.ETIMEDOUT, "Connection timed out")), True),
        (caused_by(OSError(errno.ENOSPC, "No space left on device")), False),
        (caused_by(PermissionError(errno.EACCES, "Permission denied")), False),
        (ValueError("a file that is no CSV"), False),
        ("dbt build failed: x. IO Error: Could not set lock on file warehouse.duckdb", True),
        ("dbt build failed: assert_weeks_follow_each_other.", False),
        ("Could not connect: Connection refused", True),
    ],
)
def test_only_what_passes_by_itself_is_transient(error: BaseException | str, passes: bool) -> None:
    assert is_transient(error) is passes


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three further attempts, after pauses that nobody notices."""
    automation = read_automation()
    short = Patience(retries=3, retry_seconds=0.01)
    monkeypatch.setattr(
        "orchestration.retrying.read_automation", lambda: replace(automation, patience=short)
    )


def run_job(fails: int, error: str) -> tuple[list[float], dg.ExecuteInProcessResult]:
    """A job whose step fails so many times; the pauses it made in seconds, and how it ended."""
    left = [fails]

    @dg.op
    def step(context) -> None:
        if left[0]:
            left[0] -= 1
            raise failure(context, f"It failed. {error}", error) from None

    @dg.job(executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    waited = [each for each in result.all_events if each.is_step_up_for_retry]
    return [each.step_retry_data.seconds_to_wait for each in waited], result


@pytest.mark.usefixtures("patience")
def test_what_passes_is_tried_again_after_longer_and_longer_pauses() -> None:
    pauses, result = run_job(3, "Connection reset")
    assert result.success
    assert pauses == [0.01, 0.04, 0.16]


@pytest.mark.usefixtures("patience")
def test_what_does_not_pass_in_time_fails_in_its_own_words() -> None:
    pauses, result = run_job(9, "Connection reset")
    assert not result.success
    assert len(pauses) == 3
    assert reason_of(result.all_events) == Reason("It failed. Connection reset", "step")


@pytest.mark.usefixtures("patience")
def test_a_mistake_is_not_tried_again() -> None:
    pauses, result = run_job(1, "Permission denied")
    assert (pauses, result.success) == ([], False)
    assert reason_of(result.all_events) == Reason("It failed. Permission denied", "step")
