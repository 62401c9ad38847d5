"""A data folder and small projects to run for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import DataFolder
from tests.toy import ToyProject


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """An empty data folder."""
    root = tmp_path / "data"
    root.mkdir()
    return DataFolder(root)


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> ToyProject:
    """A small project after its first run."""
    toy = ToyProject(tmp_path_factory.mktemp("toy"))
    toy.drop("2026-11-02.jsonl", [("2026-11-02", "ada", 200), ("2026-11-10", "ada", 200)])
    assert toy.run().returncode == 0
    return toy
