"""The whole way with real processes: a file is dropped, and a message reaches somebody's chat."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest

from orchestration.publishing import current_publication
from orchestration.sample import simulate
from orchestration.settings import DataFolder
from tests.alerts.mail_server import PASSWORD, USER, MailServer, running_mail_server
from tests.report.receiver import Receiver, receiving
from tests.services.deployment import Deployment, change_automation, deployed
from tests.services.postgres_server import PostgresServer, running_server
from tests.toy import REPOSITORY

pytestmark = pytest.mark.services

REQUESTS = "api_gateway/api_requests"
_PARTS = ("orchestration", "models", "macros", "seeds", "formats", "tests/dbt")
_FILES = ("dbt_project.yml", "profiles.yml", "pyproject.toml")


@dataclass
class Production:
    """Everything that is up.

    Attributes:
        deployment: Dagster's services.
        instance: what they write to.
        database: name of Dagster's database.
        postgres: its server.
        digests: what readers of the digest get.
        alerts: what the chat of whoever is on call gets.
        mail: what their mailbox gets.
    """

    deployment: Deployment
    instance: dg.DagsterInstance
    database: str
    postgres: PostgresServer
    digests: Receiver
    alerts: Receiver
    mail: MailServer

    @property
    def data(self) -> DataFolder:
        return self.deployment.data

    def run_after(self, earlier: dg.DagsterRun | None) -> dg.DagsterRun:
        """The next run of the job ``refresh`` that has ended."""

        def ended() -> dg.DagsterRun | None:
            self.deployment.assert_up()
            runs = self.instance.get_runs(dg.RunsFilter(job_name="refresh"), limit=1)
            is_new = runs and (earlier is None or runs[0].run_id != earlier.run_id)
            return runs[0] if is_new and runs[0].is_finished else None

        return self.deployment.wait_for(ended, "run that has ended")

    def ask_page(self, query: str) -> dict:
        """The answer of Dagster's page."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.deployment.web_port}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    project = tmp_path / "project"
    for part in _PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / part, project / part, ignore=ignored)
    for file in _FILES:
        shutil.copy(REPOSITORY / file, project / file)
    change_automation(
        project,
        sensors={
            "files_arrived": {"every_seconds": 2, "quiet_seconds": 3},
            "watch": {"every_seconds": 2},
        },
        schedules={name: {"running": False} for name in ("daily_refresh", "weekly_close")},
    )
    data = DataFolder(tmp_path / "data")
    data.root.mkdir()
    with (
        running_server(tmp_path) as postgres,
        receiving() as digests,
        receiving() as alerts,
        running_mail_server() as mail,
    ):
        database = postgres.new_database()
        environment = {
            "NORTH_STAR_DAGSTER_POSTGRES": postgres.url(database),
            "NORTH_STAR_DIGEST_WEBHOOK": digests.url,
            "NORTH_STAR_ALERT_WEBHOOK": alerts.url,
            "NORTH_STAR_ALERT_SMTP": f"smtp://{USER}:{quote(PASSWORD)}@127.0.0.1:{mail.port}",
            "NORTH_STAR_ALERT_FROM": "north-star@acme.io",
            "NORTH_STAR_ALERT_TO": "on-call@acme.io",
            "NORTH_STAR_DAGSTER_URL": "https://dagster.example/",
        }
        with deployed(data, project, environment) as (deployment, instance):
            yield Production(deployment, instance, database, postgres, digests, alerts, mail)


def test_from_a_dropped_file_to_the_digest_and_back_from_a_bad_one(
    production: Production, tmp_path: Path
) -> None:
    data, alerts = production.data, production.alerts
    simulate(tmp_path / "elsewhere", developers=50)
    newest = sorted((tmp_path / "elsewhere" / REQUESTS).glob("*-W*"))[-1]
    (tmp_path / "elsewhere" / REQUESTS / newest.name).rename(tmp_path / newest.name)
    # Dropped at once, however many files they are.
    (tmp_path / "elsewhere").rename(data.landing)

    first = production.run_after(None)
    assert first.status is dg.DagsterRunStatus.SUCCESS, production.deployment.said()
    assert first.tags["dagster/sensor_name"] == "files_arrived"
    assert current_publication(data).run_id == first.run_id
    assert len(production.digests.texts) == 1
    assert_what_a_person_sees(production, first)

    # Half of its rows cannot be read: a gateway has changed its format.
    bad = data.landing / REQUESTS / "bad.jsonl"
    line = '{"requested_at": "2025-12-18T11:00:00Z", "token_id": "t", "status_code": %s}\n'
    bad.write_text("".join(line % ("200" if row % 2 else '"fine"') for row in range(2000)))
    second = production.run_after(first)
    assert second.status is dg.DagsterRunStatus.FAILURE
    assert current_publication(data).run_id == first.run_id
    production.deployment.wait_for(lambda: alerts.texts and production.mail.messages, "alert")
    (said,) = alerts.texts
    assert said.startswith("North Star: publication blocked (refresh)\nWhat: 1 check failed: ass")
    assert "assert_rejects_stay_below_max_reject_rate" in said
    assert f"https://dagster.example/runs/{second.run_id}" in said
    assert production.mail.messages[0].get_content().splitlines() == said.splitlines()

    bad.unlink()
    withdrawn = subprocess.run(
        [sys.executable, "-m", "orchestration", "withdraw", f"{REQUESTS}/bad.jsonl"],
        cwd=production.deployment.project,
        capture_output=True,
        text=True,
    )
    assert withdrawn.returncode == 0, withdrawn.stdout + withdrawn.stderr
    (tmp_path / newest.name).rename(data.landing / REQUESTS / newest.name)
    third = production.run_after(second)
    assert third.status is dg.DagsterRunStatus.SUCCESS, production.deployment.said()
    assert current_publication(data).run_id == third.run_id

    def is_over() -> bool:
        told = json.loads(data.incidents.read_text())
        return all(incident["over_at"] for incident in told.values())

    production.deployment.wait_for(is_over, "peace")
    assert len(alerts.texts) == len(production.mail.messages) == 1


def assert_what_a_person_sees(production: Production, run: dg.DagsterRun) -> None:
    """The history is in PostgreSQL, and the page shows what the run has told."""
    with production.postgres.connect(production.database) as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (1,)
    assert not list(production.data.dagster.rglob("*.db"))
    shown = production.ask_page(
        """{
            assetNodeOrError(assetKey: {path: ["published"]}) {
                ... on AssetNode {
                    assetMaterializations(limit: 1) {
                        runId
                        metadataEntries {
                            label ... on MarkdownMetadataEntry { mdStr }
                        }
                    }
                }
            }
            assetChecks: assetNodeOrError(
                assetKey: {path: ["marts", "fct_weekly_active_tokens"]}
            ) {
                ... on AssetNode {
                    assetChecksOrError {
                        ... on AssetChecks {
                            checks { name executionForLatestMaterialization { status } }
                        }
                    }
                }
            }
            permissions { permission value }
        }"""
    )
    (materialized,) = shown["assetNodeOrError"]["assetMaterializations"]
    assert materialized["runId"] == run.run_id
    entries = {each["label"]: each.get("mdStr") for each in materialized["metadataEntries"]}
    assert "| Weekly active tokens |" in entries["latest_final_week"]
    checks = shown["assetChecks"]["assetChecksOrError"]["checks"]
    assert checks
    assert {each["executionForLatestMaterialization"]["status"] for each in checks} == {"SUCCEEDED"}
    tags = production.instance.get_run_by_id(run.run_id).tags
    assert tags["north_star/published"] == "yes"
    assert int(tags["north_star/rows_landed"]) > 1000
    weeks = production.instance.get_materialized_partitions(dg.AssetKey("weeks"))
    assert len(weeks) > 50
    lines = (production.data.runs / run.run_id / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["run_id"] for event in events} == {run.run_id}
    assert [e for e in events if e.get("event") == "RUN_SUCCESS"]
    assert all(datetime.fromisoformat(event["time"]) for event in events)
    assert (production.data.runs / run.run_id / "run_results.json").exists()
