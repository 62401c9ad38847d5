"""Disks that fill up and files that break: the last good version stays or comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.toy import ToyProject

pytestmark = pytest.mark.services

MEGABYTE = 1 << 20


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, in memory."""
    place.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    mounted = subprocess.run(["mount", *options], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def toy(tmp_path: Path) -> ToyProject:
    """A small project with files to land."""
    toy = ToyProject(tmp_path)
    toy.drop("1.jsonl", [("2026-11-02", "ada", 200), ("2026-11-10", "ada", 200)])
    return toy


def tokens(toy: ToyProject) -> int:
    ((count,),) = toy.published("select count(*) from fct_weekly_active_tokens")
    return count


def test_a_disk_that_fills_up_while_publishing_leaves_the_version_before(toy: ToyProject) -> None:
    with small_disk(toy.data.publications, 12) as disk:
        assert toy.run().returncode == 0
        before = toy.published_bytes()
        ballast = disk / "ballast"
        free = 12 * MEGABYTE - sum(file.stat().st_size for file in disk.rglob("*"))
        ballast.write_bytes(bytes(free - MEGABYTE))
        toy.drop("2.jsonl", [("2026-11-10", "grace", 200)])
        failed = toy.run()
        assert failed.returncode == 1
        (message,) = (line for line in failed.stdout.splitlines() if line.startswith("Error:"))
        assert f"The run failed. The disk of {disk} is full: make room" in message
        assert "What is published is still the set of" in message
        assert "Traceback" not in failed.stdout
        assert toy.published_bytes() == before
        assert [path.name for path in disk.glob(".*")] == []

        ballast.unlink()
        done = toy.run()
        assert done.returncode == 0, done.stdout
        assert tokens(toy) == 3


def test_a_whole_disk_that_is_full_leaves_the_version_before(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 64) as disk:
        toy = ToyProject(tmp_path)
        toy.drop("1.jsonl", [("2026-11-02", "ada", 200)])
        done = toy.run()
        assert done.returncode == 0, done.stdout
        before = toy.published_bytes()
        toy.drop("2.jsonl", [("2026-11-10", "grace", 200)])
        fill(disk / "ballast")
        failed = toy.run()
        assert failed.returncode == 1
        *_, message = failed.stdout.splitlines()
        assert message.startswith("Error: The run failed. ")
        assert f"The disk of {disk} is full: make room, then run again." in message
        assert "What is published is still the set of" in message
        assert "Traceback" not in failed.stdout
        assert toy.published_bytes() == before


def fill(ballast: Path) -> None:
    """Write until no byte is left."""
    with ballast.open("wb", buffering=0) as file:
        for size in (MEGABYTE, 1024, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


DATABASE = "north_star.duckdb"
PARQUET = "parquet/fct_weekly_active_tokens/0.parquet"


def test_what_is_deleted_or_corrupt_makes_way_for_the_last_good_version(toy: ToyProject) -> None:
    for number in (1, 2):
        toy.drop(f"{number}.jsonl", [("2026-11-10", f"t{day}", 200) for day in range(number)])
        assert toy.run().returncode == 0
    assert tokens(toy) == 2
    newest = toy.data.published.resolve()

    # A file that was deleted: whoever looks is told, and readers are back on the version before.
    (newest / DATABASE).unlink()
    told = toy.run("publications")
    assert told.returncode == 1
    (message,) = (line for line in told.stdout.splitlines() if line.startswith("Error:"))
    assert f"publications/{newest.name} lacks {DATABASE}. Readers see the set of" in message
    assert tokens(toy) == 1

    # Of the two versions one is damaged, and going back to it is refused.
    refused = toy.run("rollback", newest.name)
    assert refused.returncode == 1
    assert f"{newest.name} cannot be read again: it lacks {DATABASE}." in refused.stdout
    assert tokens(toy) == 1

    # A byte that changed on the disk: the next run tells, and publishes anew.
    damaged = toy.data.published.resolve() / PARQUET
    damaged.chmod(0o644)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    toy.drop("3.jsonl", [("2026-11-10", "t9", 200)])
    done = toy.run()
    assert done.returncode == 0, done.stdout
    assert f"has a damaged {PARQUET}. No other version is left" in done.stdout
    assert tokens(toy) == 3
