"""Landings that are killed for real, at any moment, and landings that meet."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, DataFolder
from tests.landing.contents import read_raw
from tests.landing.ground import KEY
from tests.landing.marts import build_marts
from tests.landing.packing import pack
from tests.landing.world import packed, piles

pytestmark = pytest.mark.services

KILLS = 50
PATIENCE_SECONDS = 60
REQUESTS = "api_gateway/api_requests"


def start(data: DataFolder) -> subprocess.Popen[str]:
    """A landing on its way."""
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "land"],
        cwd=PROJECT,
        env={
            **os.environ,
            "NORTH_STAR_DATA": str(data.root),
            "NORTH_STAR_TOKEN_KEY": KEY,
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(landing: subprocess.Popen[str]) -> str:
    """Waits for a landing that must end well; returns what it said."""
    said, _ = landing.communicate(timeout=PATIENCE_SECONDS)
    assert landing.returncode == 0, said
    return said


def data_folder(place: Path) -> DataFolder:
    data = DataFolder(place)
    data.landing.mkdir(parents=True)
    return data


def drop(data: DataFolder, path: str, content: bytes) -> None:
    """A file that appears at once, as a careful sender delivers it."""
    file = data.landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    incoming = file.with_name(f".{file.name}")
    incoming.write_bytes(content)
    # Long ago, so that a landing does not wait whether somebody still writes to it.
    os.utime(incoming, (1_700_000_000, 1_700_000_000))
    incoming.rename(file)


def drop_world(data: DataFolder) -> None:
    """A few dozen files of all tables in all formats, some with bad rows."""
    for number, pile in enumerate(piles()):
        parts = 9 if number == 0 else 4
        for part in range(parts):
            ending = pile.endings[part % len(pile.endings)]
            rows = pile.rows[part::parts]
            drop(
                data,
                f"{pile.folder}/{part % 3}/{number}-{part}.{ending}",
                packed(pile, rows, ending),
            )


def arrivals() -> Iterator[tuple[str, bytes]]:
    """New files without end, some with bad rows; each third is an older one under another name."""
    columns = ("requested_at", "status_code", "path", "token", "request_id")
    endings = ("jsonl", "csv", "parquet", "jsonl.gz", "csv.zst")
    content = b""
    number = 0
    while True:
        number += 1
        ending = endings[number % len(endings)]
        if number % 3:
            rows = [
                {
                    "requested_at": f"2026-03-{2 + (number + row) % 28:02d}T11:00:{row:02d}Z",
                    # Not every bad row is alike in every format, but each is in each.
                    "status_code": 200 if row % 5 else f"bad {number}",
                    "path": f"/new/{row}",
                    "token": f"sk_live_{row % 6:024d}",
                    "request_id": f"n{number}-{row}" if row % 2 else None,
                }
                for row in range(20)
            ]
            content, last = pack(ending, rows, columns), ending
            yield f"{REQUESTS}/new/{number}.{ending}", content
        else:
            yield f"{REQUESTS}/again/{number}.{last}", content


def leftovers(data: DataFolder) -> set[tuple[str, int]]:
    """What a landing is in the middle of, or was: names and inodes."""
    found = data.raw.rglob(".incoming*") if data.raw.exists() else ()
    return {(path.name, path.lstat().st_ino) for path in found}


def landed_files(data: DataFolder) -> int:
    """Files in the ledger, which is whole at any time, with all their rows and rejects."""
    if not list(data.raw.glob("batches/*/landing/files/*.parquet")):
        return 0
    return len(read_raw(data).files)


def moments(chance: random.Random) -> Iterator[float]:
    """Shares of a landing's duration, evenly from 0 to 1, in no order; for ever."""
    while True:
        spread = [(part + chance.random()) / KILLS for part in range(KILLS)]
        chance.shuffle(spread)
        yield from spread


def test_landings_killed_at_any_moment_lose_and_double_nothing(tmp_path):
    clean, killed = data_folder(tmp_path / "clean"), data_folder(tmp_path / "killed")
    for data in (clean, killed):
        drop_world(data)
    started = time.monotonic()
    finish(start(clean))
    seconds = time.monotonic() - started

    chance = random.Random(50)
    coming = arrivals()
    ends: Counter[str] = Counter()
    known = 0
    for moment in moments(chance):
        if ends.total() - ends["ended before the kill"] >= KILLS:
            break
        assert ends.total() < 3 * KILLS, ends
        for _ in range(chance.randrange(1, 4)):
            drop(killed, *next(coming))
        started, left = time.monotonic(), leftovers(killed)
        landing = start(killed)
        try:
            landing.wait(timeout=moment * seconds)
        except subprocess.TimeoutExpired:
            landing.send_signal(signal.SIGKILL)
        said, _ = landing.communicate(timeout=PATIENCE_SECONDS)
        # What readers see is whole at every moment; read_raw checks the sums of every file.
        before, known = known, landed_files(killed)
        assert known >= before
        if landing.returncode == 0:
            ends["ended before the kill"] += 1
            # Most files are landed by now, so that a landing takes less than the first.
            seconds = time.monotonic() - started
        else:
            assert landing.returncode == -signal.SIGKILL, said
            at_work = leftovers(killed) != left
            ends["at work" if at_work else "landed" if known > before else "not begun"] += 1
    print(f"How they ended: {dict(ends)}")  # seen with -s, or when the test fails
    assert ends.total() - ends["ended before the kill"] >= KILLS
    assert ends["at work"] >= 10, ends
    assert ends["not begun"] >= 5, ends

    finish(start(killed))
    assert leftovers(killed) == set()
    for path in killed.landing.rglob("*"):
        if path.is_file():
            drop(clean, str(path.relative_to(killed.landing)), path.read_bytes())
    finish(start(clean))
    assert "nothing new" in finish(start(killed))
    expected, found = read_raw(clean), read_raw(killed)
    assert found.files == expected.files
    assert found.rejects == expected.rejects
    assert found.rows == expected.rows
    assert len({hash_of(path) for path in files_of(killed)}) == len(found.files)
    assert build_marts(killed) == build_marts(clean)


def files_of(data: DataFolder) -> list[Path]:
    return [path for path in data.landing.rglob("*") if path.is_file()]


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wait_for_lock(data: DataFolder, landing: subprocess.Popen[str]) -> None:
    """Until a landing has said that it is the one that runs."""
    holder = data.root / "run.lock.holder.json"
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not (holder.exists() and f'"process_id": {landing.pid}' in holder.read_text()):
        assert landing.poll() is None and time.monotonic() < give_up_at
        time.sleep(0.005)


@pytest.mark.parametrize("is_first_killed", [False, True])
def test_of_two_landings_one_waits_says_for_whom_and_ends_well(tmp_path, is_first_killed):
    data, clean = data_folder(tmp_path / "data"), data_folder(tmp_path / "clean")
    drop_world(data)
    drop_world(clean)
    first = start(data)
    wait_for_lock(data, first)
    # The first holds still until the second has met it.
    first.send_signal(signal.SIGSTOP)
    second = start(data)
    try:
        waits = second.stdout.readline()
        assert waits.startswith(f"Waiting for make land (process {first.pid} on ")
        assert second.poll() is None
    finally:
        first.send_signal(signal.SIGKILL if is_first_killed else signal.SIGCONT)
    if is_first_killed:
        first.communicate(timeout=PATIENCE_SECONDS)
        assert "Landed" in finish(second)
    else:
        assert "Landed" in finish(first)
        assert "nothing new" in finish(second)
    finish(start(clean))
    assert read_raw(data) == read_raw(clean)
    assert leftovers(data) == set()


def test_two_landings_at_once_land_each_content_once(tmp_path):
    data, clean = data_folder(tmp_path / "data"), data_folder(tmp_path / "clean")
    drop_world(clean)
    finish(start(clean))
    drop_world(data)
    for landing in [start(data) for _ in range(3)]:
        finish(landing)
    assert read_raw(data) == read_raw(clean)
    assert leftovers(data) == set()
