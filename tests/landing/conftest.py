"""Each test gets a data folder and a token key of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.landing.ground import KEY, Ground


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
    return Ground(tmp_path)
