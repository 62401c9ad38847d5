"""What lies in landing/: which table claims which file, and whether a file's bytes are whole."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from orchestration.landing.contract import Contract, Table

_CHUNK = 1 << 20
_FORMAT = re.compile(
    r"\.(?P<text>jsonl|ndjson|json|csv)(?:\.(?P<compression>gz|zst))?$|\.parquet$", re.I
)
_UNFINISHED = (".tmp", ".part", ".crc")


@dataclass(frozen=True)
class FoundFile:
    """A file that a table claims.

    Attributes:
        path: where it lies.
        shown: its path relative to landing/, as the ledger names it.
        table: the table it is read into.
        format: ``lines``, ``csv``, ``parquet`` or ``document``.
        compression: ``none``, ``gzip`` or ``zstd``.
        size: bytes as delivered.
        modified: modification time, microseconds since 1970-01-01 UTC.
    """

    path: Path
    shown: str
    table: Table
    format: str
    compression: str
    size: int
    modified: int

    def is_unchanged(self) -> bool:
        """Whether size and modification time are still those that were found."""
        try:
            state = self.path.stat()
        except OSError:
            return False
        return (state.st_size, state.st_mtime_ns // 1000) == (self.size, self.modified)


@dataclass
class Inventory:
    """The files below landing/, and what lies there that nobody reads.

    Attributes:
        files: claimed files in the order of their paths.
        unclaimed: other files and folders, relative to landing/.
        at_root: files directly in landing/, which belong to nobody.
        unreadable: files and folders that could not be looked at, with the reason.
    """

    files: list[FoundFile] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    at_root: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def take_inventory(landing: Path, contract: Contract) -> Inventory:
    """Lists landing/ once; symbolic links are followed, hidden and unfinished files are skipped.

    Hidden: the name begins with ``.`` or ``_``. Unfinished: it ends in .tmp, .part or .crc.
    """
    inventory = Inventory()
    folders = {table.folder: table for table in contract.tables}
    ancestors = {
        "/".join(parts[:depth])
        for parts in (folder.split("/") for folder in folders)
        for depth in range(1, len(parts))
    }
    if landing.is_dir():
        _walk(landing, "", None, folders, ancestors, frozenset(), inventory)
    inventory.files.sort(key=lambda file: file.shown)
    return inventory


def _walk(
    folder: Path,
    below: str,
    claimed_by: Table | None,
    folders: dict[str, Table],
    ancestors: set[str],
    above: frozenset[tuple[int, int]],
    inventory: Inventory,
) -> None:
    try:
        state = folder.stat()
        if (state.st_dev, state.st_ino) in above:
            return  # a link that leads back up
        above = above | {(state.st_dev, state.st_ino)}
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        inventory.unreadable.append(f"{_shown(below)}/ ({error.strerror})")
        return
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        inside = f"{below}/{entry.name}" if below else entry.name
        try:
            if entry.is_dir():
                table = folders.get(inside, claimed_by)
                if table or inside in ancestors:
                    _walk(Path(entry.path), inside, table, folders, ancestors, above, inventory)
                else:
                    inventory.unclaimed.append(_shown(inside) + "/")
                continue
            if entry.name.lower().endswith(_UNFINISHED):
                continue
            state = entry.stat()
        except OSError as error:
            inventory.unreadable.append(f"{_shown(inside)} ({error.strerror})")
            continue
        if not below:
            inventory.at_root.append(_shown(inside))
            continue
        layout = _layout(entry.name, claimed_by) if claimed_by and entry.is_file() else None
        if layout is None:
            inventory.unclaimed.append(_shown(inside))
            continue
        inventory.files.append(
            FoundFile(
                path=Path(entry.path),
                shown=_shown(inside),
                table=claimed_by,
                format=layout[0],
                compression=layout[1],
                size=state.st_size,
                modified=state.st_mtime_ns // 1000,
            )
        )


def _shown(path: str) -> str:
    # A name need not be UTF-8, a row of the ledger has to be.
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _layout(name: str, table: Table) -> tuple[str, str] | None:
    match = _FORMAT.search(name)
    if match is None:
        return None
    text = (match["text"] or "parquet").lower()
    compression = {None: "none", "gz": "gzip", "zst": "zstd"}[
        match["compression"] and match["compression"].lower()
    ]
    if table.records:
        return ("document", compression) if text == "json" else None
    return (text if text in ("csv", "parquet") else "lines"), compression


@dataclass(frozen=True)
class Survey:
    """What one pass over a file's bytes says.

    Attributes:
        file_hash: SHA-256 of the bytes, in hex.
        text_bytes: size of the uncompressed text; an estimate for a .zst that does not tell.
        lines: lines of the text, blank ones too; None where it was not decompressed here.
        has_quotes: whether a double quote occurs in the text; None like lines.
        damage: why the file cannot be whole, or None.
    """

    file_hash: str
    text_bytes: int
    lines: int | None = None
    has_quotes: bool | None = None
    damage: str | None = None


def survey(file: FoundFile) -> Survey:
    """Hashes a file and checks that its compressed stream is whole.

    DuckDB reads a truncated .gz or .zst up to the cut and says nothing, and does not compare
    checksums of gzip, so a half-written file would lose rows silently. The lines are counted on
    the way: a count that owes nothing to the reader it is compared with.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    counter = _LineCounter()
    damage = None
    with file.path.open("rb") as opened:
        if file.compression == "gzip":
            try:
                for chunk in _gunzip(_hashing(opened, digest)):
                    counter.add(chunk)
            except (zlib.error, EOFError) as error:
                damage = f"the gzip stream is damaged or cut off ({error})"
                for _ in _hashing(opened, digest):
                    pass
        else:
            for chunk in _hashing(opened, digest):
                if file.compression == "none" and file.format in ("lines", "csv"):
                    counter.add(chunk)
        if file.compression == "zstd" and file.size:
            opened.seek(0)
            try:
                content_size = _zstd_content_size(opened, file.size)
            except (EOFError, ValueError) as error:
                content_size, damage = 0, f"the zstd stream is damaged or cut off ({error})"
            return Survey(digest.hexdigest(), content_size or file.size * 10, damage=damage)
    if file.format == "parquet" or file.compression == "zstd":
        return Survey(digest.hexdigest(), file.size)
    return Survey(
        digest.hexdigest(),
        counter.bytes if file.compression == "gzip" else file.size,
        counter.lines,
        counter.has_quotes,
        damage,
    )


class _LineCounter:
    """Counts lines as the reader does: \\n, \\r\\n and a lone \\r each end one."""

    def __init__(self) -> None:
        self.bytes = 0
        self.has_quotes = False
        self._ends = 0
        self._last = b""

    def add(self, chunk: bytes) -> None:
        if not chunk:
            return
        self.bytes += len(chunk)
        self.has_quotes = self.has_quotes or b'"' in chunk
        self._ends += chunk.count(b"\n")
        if b"\r" in chunk:
            self._ends += chunk.count(b"\r") - chunk.count(b"\r\n")
        if self._last == b"\r" and chunk[:1] == b"\n":
            self._ends -= 1
        self._last = chunk[-1:]

    @property
    def lines(self) -> int:
        return self._ends + (self._last not in (b"", b"\n", b"\r"))


def _hashing(opened: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    while chunk := opened.read(_CHUNK):
        digest.update(chunk)
        yield chunk


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompresses gzip members (RFC 1952), checking the CRC and length of each."""
    member = None
    for chunk in chunks:
        while chunk:
            member = member or zlib.decompressobj(wbits=31)
            # Bounded: a small chunk of zeros may stand for a gigabyte.
            yield member.decompress(chunk, 4 * _CHUNK)
            chunk = member.unconsumed_tail
            if member.eof:
                chunk, member = member.unused_data, None
    while member and (rest := member.decompress(b"", 4 * _CHUNK)):
        yield rest
    if member and not member.eof:
        raise EOFError("the end is missing")


def _zstd_content_size(opened: BinaryIO, size: int) -> int:
    """Walks the blocks of a zstd stream (RFC 8878, 3.1.1) without decompressing them.

    Returns:
        Bytes of the content as the frames declare it, 0 if one does not.

    Raises:
        EOFError: the stream ends too early.
        ValueError: it is not zstd.
    """

    def take(count: int) -> bytes:
        taken = opened.read(count)
        if len(taken) < count:
            raise EOFError("the end is missing")
        return taken

    def skip(count: int) -> None:
        if opened.seek(count, os.SEEK_CUR) > size:
            raise EOFError("the end is missing")

    total, is_declared = 0, True
    while opened.tell() < size:
        magic = struct.unpack("<I", take(4))[0]
        if magic & 0xFFFFFFF0 == 0x184D2A50:  # a skippable frame
            skip(struct.unpack("<I", take(4))[0])
            continue
        if magic != 0xFD2FB528:
            raise ValueError("no zstd frame where one should begin")
        descriptor = take(1)[0]
        is_single = descriptor >> 5 & 1
        skip((0 if is_single else 1) + (0, 1, 2, 4)[descriptor & 3])
        declared = take((is_single, 2, 4, 8)[descriptor >> 6])
        is_declared = is_declared and bool(declared)
        total += int.from_bytes(declared, "little") + (256 if len(declared) == 2 else 0)
        is_last = False
        while not is_last:
            header = int.from_bytes(take(3), "little")
            is_last, kind, length = bool(header & 1), header >> 1 & 3, header >> 3
            if kind == 3:
                raise ValueError("a block of a kind that does not exist")
            skip(1 if kind == 1 else length)
        skip(4 if descriptor >> 2 & 1 else 0)
    return total if is_declared else 0
