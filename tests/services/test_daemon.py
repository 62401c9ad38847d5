"""A schedule in automation.yml, and Dagster's own daemon and code location, as processes."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.publishing import current_publication
from tests.services.deployment import change_automation, deployed
from tests.toy import ToyProject

pytestmark = pytest.mark.services


def test_the_daemon_launches_the_scheduled_run_and_it_publishes(tmp_path: Path) -> None:
    toy = ToyProject(tmp_path)
    change_automation(
        toy.folder,
        schedules={
            "daily_refresh": {"cron": "* * * * *"},
            **{
                name: {"running": False}
                for name in ("weekly_close", "weekly_digest", "weekly_compaction")
            },
        },
        sensors={name: {"running": False} for name in ("files_arrived", "watch")},
    )
    toy.drop("1.jsonl", [("2026-11-02", "ada", 200), ("2026-11-10", "ada", 200)])
    services = ("code-location", "daemon")
    with deployed(toy.data, toy.folder, services=services) as (deployment, instance):

        def ended() -> dg.DagsterRun | None:
            deployment.assert_up()
            runs = [run for run in instance.get_runs() if run.is_finished]
            return runs[-1] if runs else None

        run = deployment.wait_for(ended, "run that has ended")
    assert run.status is dg.DagsterRunStatus.SUCCESS, deployment.said()
    assert run.job_name == "refresh"
    assert run.tags["dagster/schedule_name"] == "daily_refresh"
    assert (toy.data.publications / run.run_id / "north_star.duckdb").exists()
    assert current_publication(toy.data) is not None
