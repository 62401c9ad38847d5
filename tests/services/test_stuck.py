"""A run that hangs: it is ended, somebody is told, and the next one is not held up."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import dagster as dg
import psutil
import pytest

from tests.report.receiver import receiving
from tests.services.deployment import change_automation, deployed
from tests.toy import ToyProject

pytestmark = pytest.mark.services


def test_a_run_that_hangs_is_ended_and_reported_and_the_next_one_publishes(tmp_path: Path) -> None:
    toy = ToyProject(tmp_path)
    change_automation(
        toy.folder,
        sensors={
            "files_arrived": {"every_seconds": 1, "quiet_seconds": 1},
            "watch": {"every_seconds": 1, "longest_run_seconds": 45},
        },
    )
    with receiving() as alerts:
        environment = {"NORTH_STAR_ALERT_WEBHOOK": alerts.url}
        toy.drop("1.jsonl", [("2026-11-02", "ada", 200), ("2026-11-10", "ada", 200)])
        services = ("code-location", "daemon")
        with deployed(toy.data, toy.folder, environment, services) as (deployment, instance):

            def holder() -> psutil.Process | None:
                named = toy.data.root / "run.lock.holder.json"
                if not named.exists():
                    return None
                process_id = json.loads(named.read_text())["process_id"]
                return next((w for w in deployment.workers() if w.pid == process_id), None)

            stuck = deployment.wait_for(holder, "run at work")
            stuck.send_signal(signal.SIGSTOP)
            for worker in stuck.children(recursive=True):
                worker.send_signal(signal.SIGSTOP)

            def failed() -> dg.DagsterRun | None:
                runs = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
                return runs[0] if runs else None

            first = deployment.wait_for(failed, "end of the run that hangs")
            deployment.wait_for(lambda: alerts.texts, "alert")
            assert alerts.texts[0].startswith("North Star: run ended, because it was stuck")
            assert first.run_id in alerts.texts[0]

            toy.drop("2.jsonl", [("2026-11-11", "grace", 200)])
            deployment.wait_for(lambda: toy.data.published.exists(), "publication")
    assert toy.published("select count(*) from fct_weekly_active_tokens")[0][0] >= 2
    assert len(alerts.texts) == 1
