"""schedules.yml is edited by people."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.defs.refresh.schedules import read_schedule
from orchestration.settings import SettingsError

ENTRY = {"job": "refresh", "cron": "0 5 * * *", "time_zone": "Europe/Berlin", "running": True}


def test_an_entry_becomes_a_schedule() -> None:
    schedule = read_schedule("daily", ENTRY)
    assert schedule.cron_schedule == "0 5 * * *"
    assert schedule.execution_timezone == "Europe/Berlin"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_schedule_can_be_off() -> None:
    schedule = read_schedule("daily", {**ENTRY, "running": False})
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_the_environment_can_shorten_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTH_STAR_SCHEDULE_CRON", "* * * * *")
    assert read_schedule("daily", ENTRY).cron_schedule == "* * * * *"


@pytest.mark.parametrize(
    "entry", [None, {}, {**ENTRY, "corn": "0 5 * * *"}, {**ENTRY, "running": "yes please"}]
)
def test_a_mistake_is_one_sentence(entry: object) -> None:
    with pytest.raises(SettingsError, match=r"schedules.yml: daily needs job, cron"):
        read_schedule("daily", entry)
