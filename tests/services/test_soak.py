"""Days of files, in order and out of order, while processes of every kind are killed.

Fifteen days here; more by hand: NORTH_STAR_SOAK_DAYS=200 .venv/bin/pytest -m services
tests/services/test_soak.py
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import psutil
import pytest
from filelock import FileLock

from orchestration.history import UNDER_WAY
from orchestration.landing.arrivals import new_files
from orchestration.publishing import current_publication, damage
from tests.report.receiver import receiving
from tests.services.deployment import SERVICES, change_automation, deployed
from tests.toy import ToyProject

pytestmark = pytest.mark.services

DAYS = int(os.environ.get("NORTH_STAR_SOAK_DAYS", "15"))
MARTS = ("fct_weekly_active_tokens", "fct_north_star_weekly")
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
FIRST_DAY = date(2026, 3, 2)


def test_after_days_of_kills_the_marts_are_those_of_one_clean_build(tmp_path: Path) -> None:
    chance = random.Random(DAYS)
    toy = ToyProject(tmp_path)
    change_automation(
        toy.folder,
        sensors={
            "files_arrived": {"every_seconds": 1, "quiet_seconds": 1, "longest_wait_seconds": 5},
            "watch": {"every_seconds": 1},
        },
    )
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    arrivals = sorted(days, key=lambda day: day + timedelta(days=chance.choice((0, 0, 0, 2, 9))))
    killed: Counter[str] = Counter()
    with receiving() as alerts:
        environment = {"NORTH_STAR_ALERT_WEBHOOK": alerts.url}
        with deployed(toy.data, toy.folder, environment) as (deployment, instance):
            for number, day in enumerate(arrivals):
                drop(toy, day, chance)
                # Each kind is met, and then any.
                kind = (*SERVICES, "worker")[number % 4]
                if number >= 8:
                    kind = chance.choice((*SERVICES, "worker", "worker", "nobody"))
                killed[kind] += 1
                if kind == "worker":
                    kill_worker(deployment, chance)
                elif kind != "nobody":
                    time.sleep(chance.uniform(0, 8))
                    deployment.kill(kind)
                    time.sleep(chance.uniform(0, 3))
                    deployment.start(kind)
                if number % 2:
                    # The other days go on while a run is at work.
                    wait_for_a_run(deployment, instance)

            def is_settled() -> bool:
                deployment.assert_up()
                waiting = [file for file in new_files(toy.data) if "again" not in file.shown]
                busy = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY))
                last = instance.get_runs(dg.RunsFilter(job_name="refresh"), limit=1)
                return not waiting and not busy and bool(last) and last[0].is_success

            deployment.wait_for(is_settled, "end")
            deployment.wait_for(lambda: not deployment.workers(), "rest", seconds=60)
            ended = Counter(run.status for run in instance.get_runs())
    # Days went by in runs of their own, and kills met some of them.
    print(f"{dict(ended)} after {dict(killed)}")
    assert ended[dg.DagsterRunStatus.SUCCESS] >= DAYS // 3
    assert ended[dg.DagsterRunStatus.FAILURE] >= 1
    assert set(killed) >= {*SERVICES, "worker"}

    current = current_publication(toy.data)
    assert damage(current.folder) is None
    found = {mart: toy.published(f"from {mart} order by all") for mart in MARTS}
    (tmp_path / "clean").mkdir()
    clean = ToyProject(tmp_path / "clean")
    shutil.copytree(toy.data.landing, clean.data.landing)
    assert clean.run().returncode == 0
    assert found == {mart: clean.published(f"from {mart} order by all") for mart in MARTS}
    assert len(found["fct_weekly_active_tokens"]) >= DAYS // 7

    told = [re.search(r"Incident (\w+);", text)[1] for text in alerts.texts]
    assert len(told) == len(set(told)), alerts.texts
    assert_nothing_is_left(toy)


def drop(toy: ToyProject, day: date, chance: random.Random) -> None:
    """A day's files, one of them perhaps twice under two names."""
    tokens = [f"token-{chance.randrange(6)}" for _ in range(4)]
    rows = [(day.isoformat(), token, chance.choice((200, 200, 500))) for token in tokens]
    toy.drop(f"{day}-a.jsonl", rows[:2])
    toy.drop(f"{day}-b.jsonl", rows[2:])
    if chance.random() < 0.3:
        toy.drop(f"{day}-again.jsonl", rows[:2])


def wait_for_a_run(deployment, instance: dg.DagsterInstance) -> None:
    """Until one that is going on, or the next, has ended."""
    before = len(instance.get_runs(dg.RunsFilter(statuses=ENDED)))
    deployment.wait_for(
        lambda: (
            len(instance.get_runs(dg.RunsFilter(statuses=ENDED))) > before
            or not new_files(deployment.data)
        ),
        "run that has ended",
    )


def kill_worker(deployment, chance: random.Random) -> None:
    """One of the processes that run something just now, at any moment of theirs."""
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        workers = deployment.workers()
        if workers:
            time.sleep(chance.uniform(0, 4))
            try:
                chance.choice(workers).kill()
            except psutil.NoSuchProcess:
                continue
            return
        time.sleep(0.2)


def assert_nothing_is_left(toy: ToyProject) -> None:
    """No lock that is held, no file of something unfinished."""
    root = toy.data.root
    with FileLock(root / "run.lock", timeout=0):
        pass
    left = [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if "incoming" in path.name or path.name in ("run.lock.holder.json", "spill")
    ]
    assert left == []
    assert list(toy.data.alive.iterdir()) == []
