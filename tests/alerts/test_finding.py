"""What counts as wrong: of a real history of runs, and of a real landing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration.alerts import Incident, find_incidents
from orchestration.history import STUCK
from orchestration.landing import Options, land
from orchestration.publishing.current import write_record
from orchestration.publishing.versions import point_link
from orchestration.settings import DataFolder

JOBS = ("refresh", "close_week", "compact")
NOW = datetime.now(UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance: dg.DagsterInstance, job_name: str = "refresh", fails: str = "", **tags: str):
    """A run that has ended; ``fails`` is what its step said."""

    @dg.op
    def step() -> None:
        if fails:
            raise dg.Failure(fails, allow_retries=False)

    @dg.job(name=job_name, executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    return job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)


def one(found: list[Incident]) -> Incident:
    (incident,) = found
    return incident


def test_a_failed_run_is_an_incident_until_one_succeeds(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    run(instance)
    assert find_incidents(instance, data, JOBS) == []
    first = run(instance, fails="The disk is full. What is published is still the set of x.")
    run(instance, fails="The disk is full. What is published is still the set of y.")
    incident = one(find_incidents(instance, data, JOBS))
    assert incident.title == "run failed at step (refresh)"
    assert incident.what == "The disk is full. Nothing has been published yet."
    began = instance.get_run_record_by_id(first.run_id).create_timestamp
    assert incident.since == began.astimezone(UTC)
    # What the other of the two publishes ends it, too.
    run(instance, "close_week")
    assert find_incidents(instance, data, JOBS) == []


def test_the_same_failure_is_the_same_incident_and_another_is_another(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    keys = []
    for fails in ("No room.", "No room.", "No key."):
        run(instance, fails=fails)
        keys.append(one(find_incidents(instance, data, JOBS)).key)
    assert keys[0] == keys[1] != keys[2]


def test_a_job_of_its_own_fails_on_its_own(instance: dg.DagsterInstance, data: DataFolder) -> None:
    run(instance, "compact", fails="No room.")
    run(instance)
    assert one(find_incidents(instance, data, JOBS)).title == "run failed at step (compact)"


def test_a_run_that_dagster_starts_again_is_no_incident_yet(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    failed = run(instance, fails="No room.", **{"dagster/will_retry": "true"})
    assert find_incidents(instance, data, JOBS) == []
    run(instance)
    assert find_incidents(instance, data, JOBS) == []
    # What was wrong before it still is.
    run(instance, fails="No key.")
    failed = run(instance, fails="No room.", **{"dagster/will_retry": "true"})
    assert one(find_incidents(instance, data, JOBS)).what.startswith("No key.")
    again = run(instance, fails="No room.")
    instance.add_run_tags(failed.run_id, {"dagster/auto_retry_run_id": again.run_id})
    assert one(find_incidents(instance, data, JOBS)).what.startswith("No room.")


def test_a_blocked_publication_names_the_check_and_what_it_says(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    test = {"name": "assert_clocks", "description": "Clocks agree."}
    data.dbt.mkdir(parents=True)
    (data.dbt / "manifest.json").write_text(json.dumps({"nodes": {"t": test}, "sources": {}}))

    @dg.asset(
        check_specs=[
            dg.AssetCheckSpec(name, asset="marts") for name in ("assert_clocks", "warn_about_rain")
        ]
    )
    def marts() -> Iterator:
        yield dg.AssetCheckResult(check_name="assert_clocks", passed=False)
        yield dg.AssetCheckResult(
            check_name="warn_about_rain", passed=False, severity=dg.AssetCheckSeverity.WARN
        )
        raise dg.Failure("dbt build failed: assert_clocks.", allow_retries=False)

    job = dg.Definitions(
        assets=[marts], jobs=[dg.define_asset_job("refresh", selection=[marts])]
    ).resolve_job_def("refresh")
    job.execute_in_process(instance=instance, raise_on_error=False)
    incident = one(find_incidents(instance, data, JOBS))
    assert incident.title == "publication blocked (refresh)"
    assert incident.what.startswith("1 check failed: assert_clocks.")
    assert incident.cause == "Clocks agree."


def test_a_killed_run_says_so(instance: dg.DagsterInstance, data: DataFolder) -> None:
    @dg.job(name="refresh")
    def job() -> None:
        """Never runs."""

    killed = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(killed, "Its process was gone when somebody looked.")
    assert one(find_incidents(instance, data, JOBS)).title == "run killed (refresh)"


def test_a_run_that_somebody_stopped_says_nothing_and_a_stuck_one_does(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    @dg.job(name="refresh")
    def job() -> None:
        """Never runs."""

    stopped = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    instance.report_run_canceling(stopped)
    instance.report_run_canceled(stopped)
    assert find_incidents(instance, data, JOBS) == []
    stuck = instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, tags={STUCK: "21601 s"}
    )
    instance.report_run_failed(stuck)
    incident = one(find_incidents(instance, data, JOBS))
    assert incident.title == "run ended, because it was stuck (refresh)"
    assert incident.what.startswith("It lasted 21601 s, longer than a run may")


def test_files_that_stop_coming_are_stale_and_those_that_never_came_are_not(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    folder = data.landing / "api_gateway" / "api_requests"
    folder.mkdir(parents=True)
    line = {"requested_at": "2026-03-02T11:00:00Z", "token_id": "t", "status_code": 200}
    (folder / "1.jsonl").write_text(json.dumps(line) + "\n")
    land(data, progress=lambda line: None, options=Options(quiet_seconds=0))
    freshness = {"warn_after": {"count": 36, "period": "hour"}}
    tables = (("api_gateway", "api_requests"), ("crm", "companies"))
    sources = {
        name: {"source_name": source, "name": name, "freshness": freshness}
        for source, name in tables
    }
    data.dbt.mkdir(parents=True)
    (data.dbt / "manifest.json").write_text(json.dumps({"nodes": {}, "sources": sources}))
    assert find_incidents(instance, data, JOBS, NOW + timedelta(hours=35)) == []
    incident = one(find_incidents(instance, data, JOBS, NOW + timedelta(hours=38)))
    assert incident.title == "no files of api_gateway.api_requests"
    assert "one is expected every 36 hours" in incident.what


def publish(data: DataFolder, published_at: datetime, week: str) -> None:
    folder = data.publications / "run-1"
    folder.mkdir(parents=True, exist_ok=True)
    row = {
        "run_id": "run-1",
        "published_at": published_at.replace(tzinfo=None).isoformat(),
        "is_sample": True,
        "watermark": None,
    }
    latest = {"week_start": week}
    write_record(folder, {"schema": None, "publication": row, "latest_final_week": latest})
    point_link(data, folder)


def test_what_is_published_is_stale_when_no_run_succeeds_for_long(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    publish(data, NOW, "2026-11-09")
    later = NOW + timedelta(hours=51)
    assert one(find_incidents(instance, data, JOBS, later)).key == "stale publication"
    # A run with nothing new is a sign of life.
    run(instance)
    assert find_incidents(instance, data, JOBS, NOW + timedelta(hours=49)) == []


def test_warnings_that_matter_are_told_once_or_each_week(
    instance: dg.DagsterInstance, data: DataFolder
) -> None:
    def built(**statuses: str) -> None:
        build = data.dbt / "build"
        build.mkdir(parents=True, exist_ok=True)
        alerts = {"once": "once", "weekly": "each_week", "quiet": None}
        nodes = {
            name: {"name": f"warn_about_{name}", "config": {"meta": {"alert": alert}}}
            for name, alert in alerts.items()
        }
        results = [
            {"unique_id": name, "status": status, "failures": 2}
            for name, status in statuses.items()
        ]
        metadata = {"generated_at": "2026-11-24T05:00:00Z"}
        (build / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        (build / "run_results.json").write_text(
            json.dumps({"metadata": metadata, "results": results})
        )

    def keys() -> list[str]:
        return [each.key for each in find_incidents(instance, data, JOBS, NOW)]

    publish(data, NOW, "2026-11-09")
    built(once="warn", weekly="warn", quiet="warn")
    assert keys() == ["warning warn_about_once", "warning warn_about_weekly 2026-11-09"]
    publish(data, NOW, "2026-11-16")
    assert keys() == ["warning warn_about_once", "warning warn_about_weekly 2026-11-16"]
    built(once="pass", weekly="pass", quiet="warn")
    assert keys() == []


def test_nothing_at_all_is_no_incident(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    assert find_incidents(instance, DataFolder(tmp_path), JOBS) == []
