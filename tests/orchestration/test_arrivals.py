"""When files that arrive start a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.landing import Options, land
from orchestration.landing.arrivals import Arrivals, Decision, decide, new_files
from orchestration.landing.inventory import FoundFile
from orchestration.settings import DataFolder

_BEGINNING = 1_790_000_000.0


class Looks:
    """Looks at one folder, one after the other, as the sensor takes them."""

    def __init__(self, data: DataFolder) -> None:
        self.data = data
        self.cursor: str | None = None

    def look(self, now: float, is_running: bool = False, files: list | None = None) -> Decision:
        found: list[FoundFile] = new_files(self.data) if files is None else files
        decision = decide(
            Arrivals.from_text(self.cursor),
            found,
            _BEGINNING + now,
            quiet_seconds=60,
            longest_wait_seconds=300,
            is_running=is_running,
        )
        self.cursor = str(decision.arrivals)
        return decision


@pytest.fixture
def looks(data: DataFolder) -> Looks:
    return Looks(data)


def drop(data: DataFolder, name: str, rows: int = 1) -> Path:
    folder = data.landing / "api_gateway" / "api_requests"
    folder.mkdir(parents=True, exist_ok=True)
    line = '{"requested_at": "2026-03-02T11:00:00Z", "token_id": "t", "status_code": 200}\n'
    file = folder / name
    file.write_text(line * rows)
    return file


def test_an_empty_folder_starts_nothing(looks: Looks) -> None:
    assert looks.look(0).run_key is None
    assert looks.look(1000).told == "No new file."


def test_a_thousand_files_start_one_run_after_the_pause(looks: Looks) -> None:
    for number in range(1000):
        drop(looks.data, f"{number}.jsonl")
    assert looks.look(0).told == "1,000 new files, the last of them a moment ago."
    drop(looks.data, "last.jsonl")
    assert looks.look(59).run_key is None
    assert looks.look(118).run_key is None
    started = looks.look(119)
    assert started.told == "1,001 new files."
    assert started.run_key
    # Landing has not come to them yet.
    assert looks.look(150).told == "1,001 new files, asked for before."


def test_files_that_never_stop_are_landed_all_the_same(looks: Looks) -> None:
    started = []
    for number in range(40):
        drop(looks.data, f"{number}.jsonl")
        if looks.look(30 * number).run_key:
            started.append(30 * number)
    assert started == [300, 630, 960]


def test_a_file_that_grows_is_not_quiet(looks: Looks) -> None:
    drop(looks.data, "1.jsonl")
    looks.look(0)
    drop(looks.data, "1.jsonl", rows=2)
    assert looks.look(70).run_key is None
    assert looks.look(130).run_key


def test_no_run_is_started_beside_one_that_may_land_them(looks: Looks) -> None:
    drop(looks.data, "1.jsonl")
    looks.look(0)
    assert looks.look(100, is_running=True).run_key is None
    assert looks.look(130).run_key


def test_what_was_landed_is_not_new(looks: Looks) -> None:
    file = drop(looks.data, "1.jsonl")
    land(looks.data, progress=lambda line: None, options=Options(quiet_seconds=0))
    assert looks.look(1000).told == "No new file."
    assert looks.look(2000).run_key is None
    file.write_text(file.read_text() * 2)
    looks.look(3000)
    assert looks.look(3060).run_key


def test_a_file_that_nobody_can_land_is_asked_for_once(looks: Looks) -> None:
    drop(looks.data, "1.jsonl")
    looks.look(0)
    first = looks.look(60)
    assert first.run_key
    assert looks.look(10_000).run_key is None
    # With the next one, though, and then not alone again: Dagster knows the key.
    drop(looks.data, "2.jsonl")
    looks.look(20_000)
    both = looks.look(20_060)
    assert both.run_key not in (None, first.run_key)
    (looks.data.landing / "api_gateway/api_requests/2.jsonl").unlink()
    looks.look(30_000)
    assert looks.look(30_060).run_key == first.run_key


def test_a_cursor_that_cannot_be_read_is_a_first_look(looks: Looks) -> None:
    drop(looks.data, "1.jsonl")
    looks.cursor = "{of another version"
    assert looks.look(0).run_key is None
    assert looks.look(60).run_key
