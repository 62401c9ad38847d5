"""What is wrong now: failed runs, blocked publications, stale data, warnings that matter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import duckdb

from orchestration.alerts.incident import Incident
from orchestration.automation import read_automation
from orchestration.dbt_assets import patience_with
from orchestration.history import STUCK, reason_of
from orchestration.manifest import read_manifest
from orchestration.publishing import current_publication, what_stays
from orchestration.publishing.builds import ARTIFACTS, build_folder
from orchestration.settings import DataFolder, dagster_url

# Runs of a job that are looked at for when a failure began.
_LOOK_BACK = 50
# One that a person has stopped tells nothing.
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
_KILLED = ("process was gone", "outside the execution context")
# Of the same kind: each lands, builds and publishes, so that one that succeeds ends what the other
# has met.
_PIPELINE = ("refresh", "close_week")


def find_incidents(
    instance: dg.DagsterInstance, data: DataFolder, jobs: Sequence[str], now: datetime | None = None
) -> list[Incident]:
    """All that is wrong.

    Args:
        instance: holds the history of runs.
        data: the data folder.
        jobs: names of the jobs whose runs are looked at.
        now: the time, UTC; the present if None.
    """
    now = now or datetime.now(UTC)
    groups = [_PIPELINE, *((job,) for job in jobs if job not in _PIPELINE)]
    failed = [found for group in groups if (found := _failed(instance, data, group))]
    return [*failed, *_stale_files(data, now), *_stale_publication(instance, data, now, failed),
            *_warnings(data)]  # fmt: skip


# -- Runs ---------------------------------------------------------------------------------------


def _failed(instance: dg.DagsterInstance, data: DataFolder, jobs: Sequence[str]) -> Incident | None:
    """The failure that the last run of these jobs has ended with."""
    ended = [
        record
        for job in jobs
        for record in instance.get_run_records(
            dg.RunsFilter(job_name=job, statuses=_ENDED), limit=_LOOK_BACK
        )
    ]
    ended.sort(key=lambda record: record.create_timestamp, reverse=True)
    streak = []
    for record in ended:
        if record.dagster_run.is_success:
            break
        streak.append(record)
    # What is tried again right now is no news; what was wrong before it still is.
    while streak and _is_tried_again(instance, streak[0].dagster_run):
        del streak[0]
    if not streak:
        return None
    run = streak[0].dagster_run
    title, what, cause, kind = _describe(instance, data, run)
    # The earliest of those before it that have failed in the same way.
    since = streak[0].create_timestamp
    for record in streak[1:]:
        if _describe(instance, data, record.dagster_run)[3] != kind:
            break
        since = record.create_timestamp
    page = dagster_url()
    return Incident(
        key=f"run {jobs[0]} {kind}",
        title=f"{title} ({run.job_name})",
        what=f"{what} {what_stays(data)}",
        since=_utc(since),
        cause=cause,
        link=f"{page}/runs/{run.run_id}" if page else f"make dev, run {run.run_id}",
    )


def _is_tried_again(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether Dagster will start a run again by itself, and has not yet."""
    if run.tags.get("dagster/will_retry") != "true":
        return False
    again = run.tags.get("dagster/auto_retry_run_id")
    found = instance.get_run_by_id(again) if again else None
    return found is None or not found.is_finished


def _describe(
    instance: dg.DagsterInstance, data: DataFolder, run: dg.DagsterRun
) -> tuple[str, str, str, str]:
    """Title, what has happened, the likely cause, and by what it is known to be the same again."""
    checks = _failed_checks(instance, run)
    if checks:
        names = ", ".join(checks)
        said = "; ".join(filter(None, (_description(data, name) for name in checks)))
        return (
            "publication blocked",
            f"{len(checks)} check{'s' * (len(checks) != 1)} failed: {names}.",
            said or "What was landed breaks a rule that holds for every number.",
            f"checks {names}",
        )
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    logged = [event.dagster_event for event in instance.all_logs(run.run_id, of_type=kinds)]
    if STUCK in run.tags:
        return (
            "run ended, because it was stuck",
            f"It lasted {run.tags[STUCK]}, longer than a run may (longest_run_seconds in "
            "automation.yml).",
            "A disk or a network that does not answer, or much more data than usual: see the last "
            "step of the run. The next run starts over.",
            "stuck",
        )
    reason = reason_of(logged)
    said = reason.sentence if reason else next((e.message for e in logged if e.message), "")
    if not reason and any(word in said for word in _KILLED):
        return (
            "run killed",
            "Its process was killed, or the machine was.",
            "Too little memory (see the machine's log), a restart, or a person. Nothing is half "
            "done; the next run starts over.",
            "killed",
        )
    said = (said or "It gave no reason.").partition(what_stays(data))[0].strip()
    for beginning in ("What is published is still", "Nothing has been published yet."):
        said = said.partition(beginning)[0].strip()
    step = f" at {reason.step}" if reason and reason.step else ""
    return (
        f"run failed{step}",
        said,
        "What it says; once that is put right the next run starts over."
        if reason and reason.is_foreseen
        else "Nobody foresaw this: read the run's log.",
        f"failed {hashlib.sha256(said.encode()).hexdigest()[:16]}",
    )


def _failed_checks(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = (event.dagster_event.event_specific_data for event in events)
    return sorted(
        {
            check.check_name
            for check in found
            if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR
        }
    )


# -- Data ---------------------------------------------------------------------------------------


def _stale_files(data: DataFolder, now: datetime) -> Iterator[Incident]:
    """Sources of which files have come before, and none for longer than they may."""
    last = _last_landed(data)
    for source in _manifest(data).get("sources", {}).values():
        name = f"{source['source_name']}.{source['name']}"
        warn, fail = patience_with(source)
        allowed = warn or fail
        if name not in last or allowed is None or now - last[name] <= allowed:
            continue
        yield Incident(
            key=f"stale {name}",
            title=f"no files of {name}",
            what=f"The last file of {name} was landed {_ago(now - last[name])}; one is expected "
            f"every {_hours(allowed)}.",
            since=last[name] + allowed,
            cause="The system that delivers them, or the way to landing/, has stopped; or they lie "
            "there, and no run lands them.",
            link=_page("assets/files/" + name.replace(".", "/")),
        )


def _last_landed(data: DataFolder) -> dict[str, datetime]:
    files = data.raw / "batches" / "*" / "landing" / "files" / "*.parquet"
    if not any(data.raw.glob("batches/*/landing/files/*.parquet")):
        return {}
    query = (
        "select source_name || '.' || table_name, max(landed_at)::timestamp "
        "from read_parquet($1, union_by_name = true) group by all"
    )
    with duckdb.connect() as connection:
        rows = connection.execute(query, [str(files)]).fetchall()
    return {name: landed_at.replace(tzinfo=UTC) for name, landed_at in rows}


def _stale_publication(
    instance: dg.DagsterInstance, data: DataFolder, now: datetime, failed: Sequence[Incident]
) -> Iterator[Incident]:
    """What is published, if no run has succeeded for long; a run that failed is told as such."""
    current = current_publication(data)
    if current is None or any(incident.key.startswith("run refresh") for incident in failed):
        return
    succeeded = [current.published_at.replace(tzinfo=UTC)]
    for job in _PIPELINE:
        wanted = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
        records = instance.get_run_records(wanted, limit=1)
        succeeded += [_utc(record.create_timestamp) for record in records]
    allowed = timedelta(hours=read_automation().published_hours)
    if now - max(succeeded) > allowed:
        yield Incident(
            key="stale publication",
            title="what is published is stale",
            what=f"The last run that succeeded was {_ago(now - max(succeeded))}. "
            f"{what_stays(data)}",
            since=max(succeeded) + allowed,
            cause="No schedule is on, or Dagster's daemon was down.",
            link=_page("automation"),
        )


def _warnings(data: DataFolder) -> Iterator[Incident]:
    """Tests of the last build that warn and whose meta asks for an alert: ``once`` as long as they
    warn, or ``each_week`` for each final week."""
    folder = build_folder(data)
    try:
        results = json.loads((folder / ARTIFACTS[1]).read_bytes())
        nodes = read_manifest(folder / ARTIFACTS[0])["nodes"]
    except (OSError, ValueError, KeyError):
        return
    ended = datetime.fromisoformat(results["metadata"]["generated_at"].replace("Z", "+00:00"))
    current = current_publication(data)
    week = current.latest_final_week["week_start"] if current and current.latest_final_week else ""
    for result in results["results"]:
        node = nodes.get(result["unique_id"], {})
        alert = (node.get("config", {}).get("meta") or {}).get("alert")
        if result["status"] != "warn" or not alert:
            continue
        rows = result.get("failures") or 0
        yield Incident(
            key=f"warning {node['name']}" + (f" {week}" if alert == "each_week" else ""),
            title=node["name"].replace("_", " "),
            what=f"The check {node['name']} found {rows:,} row{'s' * (rows != 1)}, as of the final "
            f"week of {week or 'none yet'}. It warns; the set was published.",
            since=ended,
            cause=node.get("description") or "See what the check says in its first lines.",
            link=_page("runs"),
        )


def _description(data: DataFolder, name: str) -> str:
    nodes = _manifest(data).get("nodes", {}).values()
    return next((n.get("description", "") for n in nodes if n["name"] == name), "")


def _manifest(data: DataFolder) -> Mapping[str, Any]:
    try:
        return read_manifest(data.dbt / "manifest.json")
    except (OSError, ValueError):
        return {}


def _page(path: str) -> str | None:
    page = dagster_url()
    return f"{page}/{path}" if page else None


def _ago(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} hours ago" if hours < 72 else f"{hours // 24} days ago"


def _hours(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} hours" if hours % 24 or hours < 72 else f"{hours // 24} days"


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
