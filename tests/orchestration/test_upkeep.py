"""What the on-call engineer types: each command says what it did, or in one sentence why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_people_are_forgotten_by_lines_of_standard_input(requests: Path, tmp_path: Path) -> None:
    contacts = tmp_path / "landing" / "crm" / "contacts"
    contacts.mkdir(parents=True)
    (contacts / "a.csv").write_text("contact_id,email\nc1,a@b.example\nc2,b@b.example\n")
    assert command(tmp_path, "land")[0] == 0
    code, said = command(tmp_path, "forget", given="A@B.example\n")
    assert (code, said.splitlines()[0]) == (0, "crm.contacts: 1 rows removed.")
    assert "Nobody was named" in command(tmp_path, "forget", given="\n")[1]


def test_examples_of_formats_are_compared_with_what_is_expected(tmp_path: Path) -> None:
    code, said = command(tmp_path, "formats")
    assert (code, "combined" in said) == (0, True)
    code, said = command(tmp_path, "formats", "--write", "knog")
    assert (code, said.startswith("Error: There is no format knog; known are aws_alb")) == (2, True)
