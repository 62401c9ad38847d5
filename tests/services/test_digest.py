"""The digest of a real run: word for word, and each number against what is published."""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.report import DIGEST
from orchestration.settings import DataFolder
from tests.report.evidence import unproven
from tests.services.program import run_program

pytestmark = pytest.mark.services

GOLDEN = Path(__file__).with_name("golden") / "digest.md"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return run_program(tmp_path_factory)


def test_it_says_what_it_said(data: DataFolder) -> None:
    """NORTH_STAR_WRITE_GOLDEN=1 writes the file anew: read it before you commit it."""
    found = re.sub(r"Run \w{8}\.", "Run 00000000.", (data.published / DIGEST).read_text())
    if os.environ.get("NORTH_STAR_WRITE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def test_each_number_is_what_a_reader_gets_who_asks_for_it(data: DataFolder) -> None:
    with duckdb.connect(data.published / "north_star.duckdb", read_only=True) as connection:
        assert unproven((data.published / DIGEST).read_text(), connection) == []


def test_nobody_is_named(data: DataFolder) -> None:
    text = (data.published / DIGEST).read_text()
    with duckdb.connect(data.published / "north_star.duckdb", read_only=True) as connection:
        people = connection.execute("select developer_id from dim_developers").fetchall()
    assert people
    assert not [name for (name,) in people if name in text]
