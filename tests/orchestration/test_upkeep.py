"""What the on-call engineer types: each command says what it did, or in one sentence why not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT

GOOD = '{"requested_at":"2026-03-01T10:00:00Z","status_code":200,"request_id":"%s"}\n'


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """The requests' folder of a data folder of its own."""
    folder = tmp_path / "landing" / "api_gateway" / "api_requests"
    folder.mkdir(parents=True)
    return folder


def command(data: Path, *words: str, given: str = "") -> tuple[int, str]:
    """``python -m orchestration``: its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", *words],
        cwd=PROJECT,
        env={**os.environ, "NORTH_STAR_DATA": str(data), "NORTH_STAR_TOKEN_KEY": "k" * 32},
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def test_files_are_landed_compacted_and_withdrawn(requests: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (requests / f"{name}.jsonl").write_text(GOOD % name + "oops\n")
        code, said = command(tmp_path, "land")
        assert code == 0
        assert "Landed 1 rows in batch" in said
        assert "1 of 2 rows were rejected (the line is not a JSON object)" in said
    assert command(tmp_path, "land") == (0, "There was nothing new.\n")
    assert command(tmp_path, "compact") == (0, "raw/ had 2 batches and has 1 now.\n")
    code, said = command(tmp_path, "withdraw", "api_gateway/api_requests/a.jsonl")
    assert (code, said.splitlines()[0]) == (0, "api_gateway.api_requests: 1 rows removed.")
    code, said = command(tmp_path, "withdraw", "nowhere.jsonl")
    assert (code, said) == (
        1,
        "Error: nowhere.jsonl was never landed; name a file as the table landing.files does, "
        "relative to landing/.\n",
    )


@pytest.fixture
def contacts(requests: Path, tmp_path: Path) -> Path:
    """A data folder with two contacts, and what a build and a publication leave in it."""
    folder = tmp_path / "landing" / "crm" / "contacts"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("contact_id,email\nc1,a@b.example\nc2,b@b.example\n")
    assert command(tmp_path, "land")[0] == 0
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal", "dev/dev.duckdb"):
        (tmp_path / name).touch()
    build = tmp_path / "dbt" / "prod" / "build"
    build.mkdir(parents=True)
    return tmp_path


def test_people_are_forgotten_by_lines_of_standard_input(contacts: Path) -> None:
    code, said = command(contacts, "forget", given="A@B.example\n")
    lines = said.splitlines()
    assert (code, lines[:-1]) == (
        0,
        [
            "crm.contacts: 1 rows with pseudonyms.",
            "0 developers, by 2 names in all; 0 publications were rewritten.",
            "Deleted dev/dev.duckdb, warehouse.duckdb, warehouse.duckdb.wal: "
            "make run builds the warehouse again.",
            "landing/ is left to you; files in it that still hold them:",
            "  crm/contacts/a.csv",
        ],
    )
    assert re.fullmatch(r"Searched \d+ columns of \d+ files: no trace of 2 names\.", lines[-1])
    assert not (contacts / "warehouse.duckdb").exists()
    assert not (contacts / "dbt" / "prod" / "build").exists()
    assert "Nobody was named" in command(contacts, "forget", given="\n")[1]


def test_a_developer_is_forgotten_by_a_name_and_a_trace_is_a_failure(contacts: Path) -> None:
    left = contacts / "publications" / "old" / "parquet" / "dim" / "0.parquet"
    left.parent.mkdir(parents=True)
    duckdb.sql(f"copy (select 'by c1, A@b.example' as note) to '{left}'")
    code, said = command(contacts, "forget", "--", "c1")
    assert code == 1
    assert said.splitlines()[-1] == (
        "Error: A name is left in publications/old/parquet/dim/0.parquet, column note."
    )
    assert "1 traces of 2 names" in said
    assert "a@b" not in said.lower()
    shutil.rmtree(contacts / "publications")
    assert command(contacts, "forget", "c1")[0] == 0


def test_examples_of_formats_are_compared_with_what_is_expected(tmp_path: Path) -> None:
    code, said = command(tmp_path, "formats")
    assert (code, "combined" in said) == (0, True)
    code, said = command(tmp_path, "formats", "--write", "knog")
    assert (code, said.startswith("Error: There is no format knog; known are aws_alb")) == (2, True)
