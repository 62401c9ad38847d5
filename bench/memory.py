"""How much memory and disk landing takes for many gigabytes at once; run by hand.

The text is a mix: half in JSON Lines files of 100 to 250 MB, a quarter in one single JSON Lines
file, 15 % in .jsonl.gz and 10 % in .csv files of 100 to 250 MB of text. Gigabytes are of text, 10^9
bytes; there are fewer on the disk, as one part is compressed. All of it is landed at once, in a
fresh process that is looked at five times a second.

The rows are those of ``bench.files``; what is written once is copied with other request ids, so
that each file has its own content and its own ids, and writing is as fast as the disk.
"""

from __future__ import annotations

import gzip
import itertools
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from bench.files import REQUESTS_FOLDER, Piece, write_requests
from bench.landing import land_files, what_was_lost
from bench.measure import BenchError, measure

# Shares of the text. What is left is JSON Lines.
_SINGLE, _GZIP, _CSV = 0.25, 0.15, 0.10
_SIZES = (100_000_000, 150_000_000, 200_000_000, 250_000_000)
_BYTES_PER_ROW = {"jsonl": 439, "csv": 244}
_CHUNK = 8 << 20
# Files, what landing writes, and what it keeps for a while.
_DISK_FACTOR = 3
_SHOWN_EVERY = 10.0  # seconds


def run(folder: Path, *, gigabytes: float, progress: Callable[[str], None]) -> dict[str, Any]:
    """Writes the mix, lands it, and removes both.

    Args:
        folder: scratch.
        gigabytes: of text.
        progress: called with a line now and then.

    Returns:
        Figures as JSON: times in seconds, sizes in bytes; ``lost`` is a sentence where not every
        row was landed.

    Raises:
        BenchError: the disk is too small, or landing failed.
    """
    needed, free = gigabytes * 1e9 * _DISK_FACTOR, shutil.disk_usage(folder).free
    if needed > free:
        raise BenchError(
            f"{gigabytes:g} GB of text can take {needed / 1e9:.0f} GB of disk, and {folder} has "
            f"{free / 1e9:.0f} GB left; --folder names another place, --gigabytes fewer."
        )
    data = folder / "memory"
    shutil.rmtree(data, ignore_errors=True)
    try:
        progress(f"Writing {gigabytes:g} GB of text")
        written = measure(write_mix, str(data), gigabytes)
        progress(f"Written in {written.wall_seconds:.0f} s; landing")
        watch = _Watch(data, progress)
        landed = measure(land_files, str(data), watch=watch)
        files = written.value
        watch.look_at_disk()
        return {
            **files,
            **landed.value,
            # The figures of an hour are kept, and show is clear about what they are of.
            "lost": what_was_lost(data, files["rows"], landed.value),
            "write_seconds": written.wall_seconds,
            "wall_seconds": landed.wall_seconds,
            "cpu_seconds": landed.cpu_seconds,
            "rows_per_second": files["rows"] / landed.wall_seconds,
            "text_bytes_per_second": files["text_bytes"] / landed.wall_seconds,
            "peak_bytes": landed.peak_bytes,
            "children_peak_bytes": watch.children_peak_bytes,
            "tree_peak_bytes": max(landed.tree_peak_bytes, landed.peak_bytes),
            "written_peak_bytes": watch.written_peak_bytes,
            "raw_bytes": watch.written_bytes,
        }
    finally:
        shutil.rmtree(data, ignore_errors=True)


@dataclass
class _Watch:
    """Looks at a landing from outside.

    Attributes:
        data: the data folder.
        progress: called with a line every ten seconds.
        children_peak_bytes: highest sum of resident memory of child processes.
        written_bytes: on the disk now, in the data folder without landing/.
        written_peak_bytes: the most that it was.
    """

    data: Path
    progress: Callable[[str], None]
    children_peak_bytes: int = 0
    written_bytes: int = 0
    written_peak_bytes: int = 0
    _started: float = field(default_factory=time.monotonic)
    _shown: float = field(default_factory=time.monotonic)
    _looked: float = 0.0

    def __call__(self, resident: dict[int, int]) -> None:
        own, *children = resident.values() or (0,)
        self.children_peak_bytes = max(self.children_peak_bytes, sum(children))
        now = time.monotonic()
        if now - self._looked >= 1:
            self._looked = now
            self.look_at_disk()
        if now - self._shown >= _SHOWN_EVERY:
            self._shown = now
            self.progress(
                f"{now - self._started:5.0f} s: {(own + sum(children)) / 1e6:,.0f} MB resident, "
                f"{self.written_bytes / 1e6:,.0f} MB written"
            )

    def look_at_disk(self) -> None:
        """Adds up what landing has on the disk."""
        total = 0
        for folder, below, names in os.walk(self.data):
            if Path(folder) == self.data:
                below[:] = [name for name in below if name != "landing"]
            for name in names:
                # Files come and go meanwhile; a link is not what it leads to.
                with suppress(OSError):
                    total += Path(folder, name).lstat().st_blocks * 512
        self.written_bytes = total
        self.written_peak_bytes = max(self.written_peak_bytes, total)


# -- In a process of its own -----------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """A file of the mix: its name, the text it is copied from, and bytes of text at least."""

    name: str
    base: Path
    text_bytes: int


def write_mix(data: str, gigabytes: float) -> dict[str, int]:
    """Writes the mix below ``landing/``.

    Returns:
        ``files``, ``rows``, ``text_bytes``, ``disk_bytes`` and ``largest_bytes``.
    """
    folder = Path(data) / REQUESTS_FOLDER
    folder.mkdir(parents=True)
    bases = _write_bases(Path(data) / "bases", gigabytes)
    files = _mix(gigabytes, bases)
    done = itertools.count(1)

    def write(numbered: tuple[int, _File]) -> tuple[int, int, int]:
        counts = _copy(folder, *numbered)
        number = next(done)
        if number % 10 == 0 or number == len(files):
            print(f"{number} of {len(files)} files", file=sys.stderr, flush=True)
        return counts

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows, text, on_disk = zip(*pool.map(write, enumerate(files)), strict=True)
    shutil.rmtree(Path(data) / "bases")
    return {
        "files": len(files),
        "rows": sum(rows),
        "text_bytes": sum(text),
        "disk_bytes": sum(on_disk),
        "largest_bytes": max(on_disk),
    }


def _write_bases(folder: Path, gigabytes: float) -> dict[str, Path]:
    """Writes one text of each kind, of the largest usual size."""
    size = min(_SIZES[-1], round(gigabytes * 1e9 * _SINGLE))
    bases = {kind: folder / f"base.{kind}" for kind in _BYTES_PER_ROW}
    pieces = [
        Piece(str(path), 0, max(1, size // _BYTES_PER_ROW[kind])) for kind, path in bases.items()
    ]
    write_requests([vars(piece) for piece in pieces], max(piece.rows for piece in pieces))
    return bases


def _mix(gigabytes: float, bases: dict[str, Path]) -> list[_File]:
    text = gigabytes * 1e9
    # The largest file first, so that one thread is not left alone with it.
    files = [_File("single.jsonl", bases["jsonl"], round(text * _SINGLE))]
    for ending, share in (
        ("jsonl.gz", _GZIP), ("csv", _CSV), ("jsonl", 1 - _SINGLE - _GZIP - _CSV)
    ):  # fmt: skip
        left = round(text * share)
        for number, size in enumerate(itertools.cycle(_SIZES)):
            if left <= 0:
                break
            name = f"many-{number:05d}.{ending}"
            files.append(_File(name, bases[ending.split(".")[0]], min(size, left)))
            left -= size
    return files


def _copy(folder: Path, number: int, file: _File) -> tuple[int, int, int]:
    """Writes one file; returns its rows, its bytes of text and its bytes on disk."""
    path = folder / file.name
    rows = text_bytes = 0
    with path.open("wb") as opened:
        out: BinaryIO = opened
        if path.suffix == ".gz":
            out = gzip.GzipFile("", "wb", 6, opened, mtime=0)
        for repetition in itertools.count():
            for chunk in _chunks(file.base, file.text_bytes - text_bytes):
                if path.suffix == ".csv" and rows == 0:
                    rows = -1  # the header
                elif path.suffix == ".csv" and chunk.startswith(b"request_id,"):
                    chunk = chunk.partition(b"\n")[2]
                out.write(chunk := chunk.replace(b"req_", b"req_%d_%d_" % (number, repetition)))
                rows += chunk.count(b"\n")
                text_bytes += len(chunk)
            if text_bytes >= file.text_bytes:
                break
        if out is not opened:
            out.close()
        opened.flush()
        os.fsync(opened.fileno())
    return rows, text_bytes, path.stat().st_size


def _chunks(path: Path, wanted: int) -> Iterator[bytes]:
    """Whole lines from the beginning of a file, until there are as many bytes as wanted."""
    with path.open("rb") as opened:
        while wanted > 0 and (chunk := opened.read(min(_CHUNK, wanted)) + opened.readline()):
            wanted -= len(chunk)
            yield chunk


# -- Showing ---------------------------------------------------------------------------------------


def show(result: dict[str, Any]) -> str:
    """The figures of ``run`` as text."""
    gigabytes = {
        name: result[f"{name}_bytes"] / 1e9
        for name in ("text", "disk", "largest", "written_peak", "raw")
    }
    return "\n".join(
        (
            f"Landing {gigabytes['text']:.2f} GB of text ({gigabytes['disk']:.2f} GB on disk, the "
            f"largest file {gigabytes['largest']:.2f} GB) in {result['files']:,} files at once",
            f"  rows                     {result['rows']:>14,}",
            f"  seconds                  {result['wall_seconds']:>14,.0f}",
            f"  CPU seconds              {result['cpu_seconds']:>14,.0f}",
            f"  rows/s                   {result['rows_per_second']:>14,.0f}",
            f"  MB/s of text             {result['text_bytes_per_second'] / 1e6:>14,.0f}",
            f"  peak MB of the process   {result['peak_bytes'] / 1e6:>14,.0f}",
            f"  peak MB of its children  {result['children_peak_bytes'] / 1e6:>14,.0f}",
            f"  peak MB of all together  {result['tree_peak_bytes'] / 1e6:>14,.0f}",
            f"  most GB written at once  {gigabytes['written_peak']:>14,.2f}",
            f"  GB that stay in raw/     {gigabytes['raw']:>14,.2f}",
            *((f"NOT ALL WAS LANDED: {result['lost']}",) if result["lost"] else ()),
        )
    )
