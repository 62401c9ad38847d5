"""What the command line says to a person who made a mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toy import REPOSITORY


def run(folder: str, command: str = "run") -> subprocess.CompletedProcess[str]:
    """``python -m orchestration`` with NORTH_STAR_DATA set to ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration", command],
        cwd=REPOSITORY,
        env={**os.environ, "NORTH_STAR_DATA": folder},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", ["run", "land", "show"])
def test_a_mistyped_folder_is_one_sentence(tmp_path: Path, command: str) -> None:
    mistyped = str(tmp_path / "landnig")
    result = run(mistyped, command)
    assert result.returncode == 2
    assert result.stderr.startswith(f"Error: NORTH_STAR_DATA={mistyped}: there is no such folder")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["run", "land", "show"])
def test_a_target_that_nothing_can_build_on_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("NORTH_STAR_TARGET", "sparc")
    result = run(str(tmp_path), command)
    assert (result.returncode, result.stderr) == (
        2,
        "Error: NORTH_STAR_TARGET=sparc: a run can build on prod (DuckDB) or spark (Apache Spark); "
        "without it, on prod.\n",
    )


@pytest.mark.parametrize("command", ["run", "land"])
def test_an_empty_folder_is_one_sentence_and_never_filled(tmp_path: Path, command: str) -> None:
    result = run(str(tmp_path), command)
    assert result.returncode == 2
    assert "nothing to land" in result.stderr
    assert "landing/api_gateway/api_requests/" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "landing").exists()


def test_the_landing_folder_itself_is_taken_for_a_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "api_gateway" / "api_requests"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text('{"requested_at": "2026-11-16T10:00:00Z", "status_code": 200}')
    result = run(str(tmp_path))
    assert result.returncode == 2
    assert "nothing to land" in result.stderr


def test_before_the_first_run_there_is_nothing_to_show(tmp_path: Path) -> None:
    result = run(str(tmp_path), "show")
    assert (result.returncode, result.stdout) == (0, "Nothing has been published yet: make run.\n")


def test_before_the_first_run_there_is_no_digest(tmp_path: Path) -> None:
    result = run(str(tmp_path), "digest")
    assert (result.returncode, result.stdout) == (1, "")
    said = "Error: There is no digest: make run. Nothing has been published yet.\n"
    assert result.stderr == said


@pytest.mark.parametrize("command", ["run", "dev"])
def test_a_webhook_that_nothing_can_be_sent_to_is_one_sentence_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("NORTH_STAR_DIGEST_WEBHOOK", "http://hooks.example/hush")
    result = run(str(tmp_path), command)
    assert result.returncode == 2
    assert result.stderr.startswith("Error: NORTH_STAR_DIGEST_WEBHOOK is no address that the")
    assert len(result.stderr.splitlines()) == 1
    assert "hush" not in result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == []
