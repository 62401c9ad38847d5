"""automation.yml is edited by people."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.automation import FILE, read_automation
from orchestration.defs.refresh.schedules import as_definition
from orchestration.settings import PROJECT, SettingsError


@pytest.fixture
def content() -> dict:
    """What the project's own file says."""
    return yaml.safe_load(FILE.read_text())


def read(tmp_path: Path, content: dict, project: Path = PROJECT):
    file = tmp_path / "automation.yml"
    file.write_text(yaml.safe_dump(content))
    return read_automation(file, project)


def schedule(automation, name: str):
    return next(each for each in automation.schedules if each.name == name)


def test_an_entry_becomes_a_schedule(tmp_path: Path, content: dict) -> None:
    content["schedules"]["daily_refresh"].update(cron="30 4 * * *", time_zone="Europe/Berlin")
    defined = as_definition(schedule(read(tmp_path, content), "daily_refresh"))
    assert (defined.cron_schedule, defined.execution_timezone) == ("30 4 * * *", "Europe/Berlin")
    assert defined.default_status is dg.DefaultScheduleStatus.RUNNING
    assert defined.job_name == "refresh"


def test_an_environment_has_values_of_its_own(
    tmp_path: Path, content: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    content["schedules"]["daily_refresh"]["environments"] = {"staging": {"running": False}}
    content["sensors"]["watch"]["environments"] = {"staging": {"every_seconds": 7}}
    here = read(tmp_path, content)
    monkeypatch.setenv("NORTH_STAR_ENVIRONMENT", "staging")
    there = read(tmp_path, content)
    assert [schedule(each, "daily_refresh").running for each in (here, there)] == [True, False]
    assert [each.watch.every_seconds for each in (here, there)] == [30, 7]
    stopped = as_definition(schedule(there, "daily_refresh"))
    assert stopped.default_status is dg.DefaultScheduleStatus.STOPPED


@pytest.mark.parametrize(
    ("settings", "weekday"),
    [
        ("week_start_day: monday\n  late_allowance_days: 0", 1),
        ("week_start_day: monday\n  late_allowance_days: 3", 4),
        ("week_start_day: sunday\n  late_allowance_days: 8", 1),
    ],
)
def test_weeks_are_closed_on_the_first_morning_after_the_late_allowance(
    tmp_path: Path, content: dict, settings: str, weekday: int
) -> None:
    (tmp_path / "dbt_project.yml").write_text(f"vars:\n  {settings}\n")
    automation = read(tmp_path, content, tmp_path)
    assert schedule(automation, "weekly_close").cron == f"0 6 * * {weekday}"


def test_the_environment_can_shorten_the_wait(
    tmp_path: Path, content: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_STAR_SCHEDULE_CRON", "* * * * *")
    assert {each.cron for each in read(tmp_path, content).schedules} == {"* * * * *"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("schedules", "daily_refresh", "corn"), "* * * * *", "daily_refresh has corn, which it"),
        (("schedules", "daily_refresh", "running"), "yes please", "running has to be true or"),
        (("schedules", "daily_refresh"), None, "daily_refresh needs job"),
        (("sensors", "files_arrived", "quiet_seconds"), -1, "quiet_seconds has to be a whole numb"),
        (("sensors", "file_arrived"), {}, "sensors has file_arrived, which it cannot"),
        (("sensors",), None, "it: sensors has to be words with a value each"),
        (("freshness", "published_hours"), True, "published_hours has to be a whole number"),
        (("schedules", "daily_refresh", "environments"), {"staging": {"x": 1}}, "staging has x, w"),
        (("patience",), {}, "patience needs retries"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, content: dict, path: tuple[str, ...], value: object, said: str
) -> None:
    place = content
    for word in path[:-1]:
        place = place[word]
    place[path[-1]] = value
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, content)
    assert str(refused.value).startswith("automation.yml: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_yaml_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "automation.yml"
    file.write_text("schedules: {daily\n")
    with pytest.raises(SettingsError, match=r"automation.yml is no YAML: .* line 2"):
        read_automation(file)
