"""In CI a skipped test is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toy import REPOSITORY


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("ci", "status"), [("", 0), ("1", 1)])
def test_a_skipped_test_fails_the_session_in_ci(
    tmp_path: Path, ci: str, status: int, workers: str
) -> None:
    shutil.copy(REPOSITORY / "tests" / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no server')\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", workers, "-c", os.devnull, "--rootdir", ".", "."],
        cwd=tmp_path,
        env={**os.environ, "NORTH_STAR_CI": ci},
        capture_output=True,
        text=True,
    )
    assert result.returncode == status, result.stdout
    assert ("Failed: 1 skipped" in result.stdout) == bool(status)
