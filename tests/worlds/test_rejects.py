"""A source that has changed its format keeps the numbers from being published."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.landing import withdraw
from orchestration.settings import DataFolder
from tests.worlds.conftest import World

# dbt builds three times: for the time that takes.
pytestmark = pytest.mark.services

GOOD = '{"requested_at":"2026-03-01T10:00:00Z","status_code":200,"token":"t%d"}\n'
TEST = "assert_rejects_stay_below_max_reject_rate"


@pytest.fixture
def world(tmp_path: Path, workshop: Path) -> World:
    """A hundred rows, of which eleven cannot be read."""
    folder = tmp_path / "landing" / "api_gateway" / "api_requests"
    folder.mkdir(parents=True)
    (folder / "good.jsonl").write_text("".join(GOOD % n for n in range(89)))
    (folder / "bad.jsonl").write_text("<html>\n" * 11)
    world = World(DataFolder(tmp_path), workshop)
    world.build("-s", "+stg_landing__files", "stg_landing__rejects", "--exclude", TEST)
    return world


def test_too_many_rejects_stop_a_build_until_the_file_is_withdrawn(
    world: World, workshop: Path
) -> None:
    with pytest.raises(AssertionError, match=TEST):
        world.build("-s", TEST)
    world.build("-s", TEST, "--vars", "max_reject_rate: 0.11")
    withdraw(world.data, ["api_gateway/api_requests/bad.jsonl"])
    (world.data.landing / "api_gateway" / "api_requests" / "bad.jsonl").unlink()
    world.build("-s", TEST, "assert_landed_and_rejected_add_up_to_read")
