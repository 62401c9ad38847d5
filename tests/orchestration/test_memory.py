"""Memory is bounded, and what does not fit goes to a private folder that does not stay."""

from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.environment import spilling
from orchestration.settings import PROJECT, DataFolder, SettingsError, memory_limit


@pytest.mark.parametrize("size", ["1200MB", "1.5 GB", "2GiB", "900mb"])
def test_a_size_is_taken_as_duckdb_takes_it(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("NORTH_STAR_MEMORY_LIMIT", size)
    with duckdb.connect(config={"memory_limit": memory_limit()}):
        pass


@pytest.mark.parametrize("size", ["", "1200", "lots", "-1GB", "80%"])
def test_what_is_no_size_is_one_sentence(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("NORTH_STAR_MEMORY_LIMIT", size)
    with pytest.raises(SettingsError) as refused:
        memory_limit()
    assert str(refused.value) == (
        f"NORTH_STAR_MEMORY_LIMIT={size} is no size of memory: write a number and MB or GB, such "
        "as 1200MB."
    )


def test_dbt_and_publishing_have_the_same_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NORTH_STAR_MEMORY_LIMIT", raising=False)
    outputs = yaml.safe_load((PROJECT / "profiles.yml").read_text())["north_star"]["outputs"]
    limits = {outputs[name]["config_options"]["memory_limit"] for name in ("dev", "prod")}
    assert limits == {
        f"{{{{ env_var('NORTH_STAR_MEMORY_LIMIT', '{memory_limit()}') }}}}",
    }
    folders = {name: outputs[name]["config_options"]["temp_directory"] for name in ("dev", "prod")}
    assert {name: folder.rpartition("}}/")[2] for name, folder in folders.items()} == {
        "dev": "dev/spill",
        "prod": "spill",
    }


def test_what_does_not_fit_goes_to_a_folder_of_the_owners_and_is_removed(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_STAR_MEMORY_LIMIT", "64MB")
    data.spill.mkdir()
    leftover = data.spill / "of_a_killed_run"
    leftover.touch()
    spilled: list[Path] = []
    with spilling(data) as bounded, duckdb.connect(config=bounded) as connection:
        assert not leftover.exists()
        assert stat.S_IMODE(data.spill.stat().st_mode) == 0o700
        connection.execute("create table numbers as select random() as n from range(30_000_000)")
        spilled += data.spill.iterdir()
    assert spilled
    assert not data.spill.exists()
