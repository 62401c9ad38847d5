"""Long work shows how far it is, on a terminal and in a log."""

from __future__ import annotations

import pytest
import yaml

from orchestration.landing import LandingError, Options, progress
from orchestration.landing.options import read_options
from orchestration.landing.progress import Progress


def test_a_log_gets_a_line_now_and_then_with_rows_per_second_and_the_time_left(monkeypatch):
    clock = iter(range(0, 1_000, 8))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    said: list[str] = []
    shown = Progress(said.append)
    with shown.over(4_000_000_000):
        for _ in range(4):
            shown.advance(1_000_000_000, 50_000)
    assert said
    for line in said:
        assert "% of 4.0 GB" in line and "rows/s" in line and "s left" in line


def test_short_work_says_nothing(monkeypatch):
    said: list[str] = []
    shown = Progress(said.append)
    with shown.over(10):
        shown.advance(10, 1)
    assert said == []


def test_settings_are_read_from_the_project(tmp_path):
    file = tmp_path / "dbt_project.yml"
    file.write_text(yaml.dump({"vars": {"landing_quiet_seconds": 5, "raw_retention_days": 30}}))
    assert read_options(tmp_path) == Options(5, 30)


@pytest.mark.parametrize("value", [-1, 1.5, "ten", True, None])
def test_a_wrong_setting_is_one_sentence(tmp_path, value):
    file = tmp_path / "dbt_project.yml"
    file.write_text(yaml.dump({"vars": {"landing_quiet_seconds": 5, "raw_retention_days": value}}))
    with pytest.raises(LandingError, match=r"dbt_project.yml, var raw_retention_days: .* is not a"):
        read_options(tmp_path)
