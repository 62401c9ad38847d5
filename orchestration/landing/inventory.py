"""What lies in landing/: which table claims which file, and whether a file's bytes are whole."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from isal import isal_zlib

from orchestration.landing.contract import Contract, Table
from orchestration.landing.errors import LandingError

if TYPE_CHECKING:
    from orchestration.landing.formats import Format

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 1 << 20
_LONG_LINE = 4 << 20
_FORMAT = re.compile(
    r"\.(?P<text>jsonl|ndjson|json|csv)(?:\.(?P<compression>gz|zst))?$|\.parquet$", re.I
)
_UNFINISHED = (".tmp", ".part", ".crc")
_STATED = "format="
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True)
class FoundFile:
    """A file that a table claims.

    Attributes:
        path: where it lies.
        shown: its path relative to landing/, as the ledger names it.
        table: the table it is read into.
        format: ``lines``, ``csv``, ``parquet``, ``document`` or ``text``.
        compression: ``none``, ``gzip`` or ``zstd``.
        size: bytes as delivered.
        modified: modification time, microseconds since 1970-01-01 UTC.
        declared: the format of a ``text`` as formats/ declares it; None until it is detected.
    """

    path: Path
    shown: str
    table: Table
    format: str
    compression: str
    size: int
    modified: int
    declared: Format | None = None

    @property
    def format_name(self) -> str:
        """The format as the ledger names it."""
        names = {"lines": "jsonl", "document": "json"}
        return self.declared.name if self.declared else names.get(self.format, self.format)

    @property
    def relation(self) -> str | None:
        """The system it comes from, where there may be several of a kind."""
        return self.shown.partition("/")[0] if self.table.has_relations else None

    def is_unchanged(self) -> bool:
        """Whether size and modification time are still those that were found."""
        try:
            state = self.path.stat()
        except OSError:
            return False
        return (state.st_size, state.st_mtime_ns // 1000) == (self.size, self.modified)

    def with_compression_of_content(self) -> FoundFile:
        """The same file, its compression taken from its first bytes instead of its name.

        Raises:
            OSError: the file cannot be read.
        """
        with self.path.open("rb") as opened:
            beginning = opened.read(4)
        for magic, compression in _MAGIC.items():
            if beginning.startswith(magic):
                return replace(self, compression=compression)
        return replace(self, compression="none")


@dataclass
class Inventory:
    """The files below landing/, and what lies there that nobody reads.

    Attributes:
        files: claimed files in the order of their paths.
        unclaimed: other files and folders, relative to landing/.
        at_root: files directly in landing/, which belong to nobody.
        unreadable: files and folders that could not be looked at, with the reason.
        misstated: folders that state a format which is not there or does not fit their table.
    """

    files: list[FoundFile] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    at_root: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    misstated: list[str] = field(default_factory=list)


def take_inventory(
    landing: Path, contract: Contract, formats: Mapping[str, Format] | None = None
) -> Inventory:
    """Lists landing/ once; symbolic links are followed, hidden and unfinished files are skipped.

    Hidden: the name begins with ``.`` or ``_``. Unfinished: it ends in .tmp, .part or .crc.

    Args:
        landing: the folder.
        contract: the tables and their folders.
        formats: the declared formats by name; a folder ``format=<name>`` states one.

    Raises:
        LandingError: it is no folder.
        OSError: it cannot be looked at.
    """
    walk = _Walk(contract, formats or {})
    if landing.exists():
        if not landing.is_dir():
            raise LandingError(f"{landing} is not the folder it should be; move it away.")
        walk.into(landing, "", None, None, frozenset())
    walk.inventory.files.sort(key=lambda file: file.shown)
    return walk.inventory


class _Walk:
    """One walk through landing/."""

    def __init__(self, contract: Contract, formats: Mapping[str, Format]) -> None:
        self.inventory = Inventory()
        self._formats = formats
        self._folders = {folder: table for table in contract.tables for folder in table.folders}
        kinds = {table.source for table in contract.tables if table.has_relations}
        self._further = re.compile(
            rf"({'|'.join(sorted(kinds, key=len, reverse=True))})(_[a-z0-9]+)+"
        )
        self._ancestors = {
            "/".join(parts[:depth])
            for parts in (folder.split("/") for folder in self._folders)
            for depth in range(1, len(parts))
        }

    def into(
        self,
        folder: Path,
        below: str,
        claimed_by: Table | None,
        stated: Format | None,
        above: frozenset[tuple[int, int]],
    ) -> None:
        """Notes what lies in a folder.

        Args:
            folder: the folder.
            below: its path relative to landing/.
            claimed_by: the table whose folder it is or lies in.
            stated: the format that a folder on its path states.
            above: the folders on its path, as links may lead back up.
        """
        try:
            state = folder.stat()
            if (state.st_dev, state.st_ino) in above:
                return
            above = above | {(state.st_dev, state.st_ino)}
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.inventory.unreadable.append(f"{_shown(below)}/ ({error.strerror})")
            return
        for entry in entries:
            if entry.name.startswith((".", "_")):
                continue
            inside = f"{below}/{entry.name}" if below else entry.name
            try:
                if not entry.is_dir():
                    self._note(entry, inside, claimed_by, stated)
                    continue
            except OSError as error:
                self.inventory.unreadable.append(f"{_shown(inside)} ({error.strerror})")
                continue
            usual = self._usual(inside)
            table = self._folders.get(usual, claimed_by)
            if table is None and usual not in self._ancestors:
                self.inventory.unclaimed.append(_shown(inside) + "/")
                continue
            named = entry.name.removeprefix(_STATED) if table else entry.name
            if named != entry.name and not self._fits(named, table):
                self.inventory.misstated.append(_shown(inside) + "/")
                continue
            stating = self._formats[named] if named != entry.name else stated
            self.into(Path(entry.path), inside, table, stating, above)

    def _usual(self, inside: str) -> str:
        """The path as it is where there is one system of a kind: hubspot/ for hubspot_emea/."""
        first, slash, rest = inside.partition("/")
        further = self._further.fullmatch(first)
        if not further or first in self._ancestors or first in self._folders:
            return inside
        return further[1] + slash + rest

    def _fits(self, name: str, table: Table) -> bool:
        return name in self._formats and self._formats[name].fits(table)

    def _note(
        self, entry: os.DirEntry, inside: str, table: Table | None, stated: Format | None
    ) -> None:
        if entry.name.lower().endswith(_UNFINISHED):
            return
        state = entry.stat()
        usual = self._usual(inside)
        if usual in self._folders or usual in self._ancestors:
            self.inventory.unclaimed.append(f"{_shown(inside)} (a folder should be there)")
            return
        if "/" not in inside:
            self.inventory.at_root.append(_shown(inside))
            return
        layout = _layout(entry.name, table, stated) if table and entry.is_file() else None
        if layout is None:
            self.inventory.unclaimed.append(_shown(inside))
            return
        found = FoundFile(
            path=Path(entry.path),
            shown=_shown(inside),
            table=table,
            format=layout[0],
            compression=layout[1],
            size=state.st_size,
            modified=state.st_mtime_ns // 1000,
            declared=stated,
        )
        self.inventory.files.append(found)


def _shown(path: str) -> str:
    # A name need not be UTF-8, a row of the ledger has to be.
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def printable(name: str) -> str:
    """A name for a sentence: a line break or a terminal's control sequence is shown, not obeyed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _layout(name: str, table: Table, stated: Format | None) -> tuple[str, str] | None:
    """Format and compression of a file by its name; what lies in a text shows when it is read."""
    match = _FORMAT.search(name)
    if stated or (match is None and not table.records):
        return "text", "none"
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
        quotes: double quotes in a CSV; None like lines.
        new_line: how the reader is to be told that lines end: ``\\n`` or ``\\r\\n``.
        is_serial: whether one thread has to read the text, see ``_LineCounter``.
        is_mixed: whether its lines end in several ways.
        damage: why the file cannot be whole, or None.
    """

    file_hash: str
    text_bytes: int
    lines: int | None = None
    quotes: int | None = None
    damage: str | None = None
    new_line: str = r"\n"
    is_serial: bool = False
    is_mixed: bool = False


def survey(file: FoundFile) -> Survey:
    """Hashes a file, and decompresses it to count its lines and to see that it is whole.

    DuckDB reads a truncated .gz or .zst up to the cut and says nothing, and does not compare
    checksums of gzip, so a half-written file would lose rows silently. The count of the lines owes
    nothing to the reader that it is compared with.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    counter = _LineCounter(counts_quotes=file.format == "csv")
    damage = None
    with file.path.open("rb") as opened:
        chunks = _hashing(opened, digest)
        try:
            for chunk in _DECOMPRESS[file.compression](chunks):
                counter.add(chunk)
        except (isal_zlib.error, zstd.ZstdError, EOFError) as error:
            damage = f"the {file.compression} stream is damaged or cut off ({error})"
            for _ in chunks:
                pass  # the hash is of the whole file
    if file.format == "parquet":
        return Survey(digest.hexdigest(), file.size)
    return Survey(
        digest.hexdigest(),
        counter.bytes,
        counter.lines,
        counter.quotes,
        damage,
        counter.new_line,
        counter.is_serial,
        counter.is_mixed,
    )


def hash_of_beginning(path: Path, size: int) -> str:
    """SHA-256, in hex, of a file's first bytes.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while size > 0 and (chunk := opened.read(min(size, _CHUNK))):
            digest.update(chunk)
            size -= len(chunk)
    return digest.hexdigest()


class _LineCounter:
    """Counts lines as DuckDB's reader does: \\n, \\r\\n and a lone \\r each end one.

    The reader has to be told which. Told \\n, it finds a blank line in each \\r\\n. Told \\r\\n, it
    loses what follows a lone \\r, and, in parallel, the line behind a lone \\n that falls on the
    border of its buffers (DuckDB 1.5). Parallel, it stumbles over lines as long as a buffer, too.
    """

    def __init__(self, counts_quotes: bool) -> None:
        self.bytes = 0
        self.quotes = 0
        self._counts_quotes = counts_quotes
        self._newlines = 0
        self._returns = 0
        self._pairs = 0
        self._longest = 0  # of the lines that span several chunks
        self._open = 0
        self._last = b""

    def add(self, chunk: bytes) -> None:
        if not chunk:
            return
        first = chunk.find(b"\n")
        self._longest = max(self._longest, self._open + (first if first >= 0 else len(chunk)))
        self._open = self._open + len(chunk) if first < 0 else len(chunk) - chunk.rfind(b"\n") - 1
        self.bytes += len(chunk)
        if self._counts_quotes:
            self.quotes += chunk.count(b'"')
        self._newlines += chunk.count(b"\n")
        if b"\r" in chunk:
            self._returns += chunk.count(b"\r")
            self._pairs += chunk.count(b"\r\n")
        self._pairs += self._last == b"\r" and chunk[:1] == b"\n"
        self._last = chunk[-1:]

    @property
    def new_line(self) -> str:
        return r"\r\n" if self._pairs and self._returns == self._pairs else r"\n"

    @property
    def is_serial(self) -> bool:
        return self._longest > _LONG_LINE or self.is_mixed

    @property
    def is_mixed(self) -> bool:
        return self._pairs > 0 and self._newlines + self._returns > 2 * self._pairs

    @property
    def lines(self) -> int:
        """Lines, those included that the reader finds where it is told ``new_line``."""
        ends = self._newlines + self._returns - self._pairs
        found = self._pairs if self.new_line == r"\n" else 0
        return ends + found + (self._last not in (b"", b"\n", b"\r"))


def _hashing(opened: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    while chunk := opened.read(_CHUNK):
        digest.update(chunk)
        yield chunk


# What a small chunk of zeros stands for may be a gigabyte: never more than this at once.
_DECOMPRESSED = 4 * _CHUNK


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompresses gzip members (RFC 1952), checking the CRC and length of each."""
    member = None
    for chunk in chunks:
        while chunk:
            member = member or isal_zlib.decompressobj(wbits=31)
            yield member.decompress(chunk, _DECOMPRESSED)
            chunk = member.unconsumed_tail
            if member.eof:
                chunk, member = member.unused_data, None
    while member and (rest := member.decompress(b"", _DECOMPRESSED)):
        yield rest
    if member and not member.eof:
        raise EOFError("the end is missing")


def _unzstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompresses zstd frames (RFC 8878), checking the checksum of those that have one."""
    frame = None
    for chunk in chunks:
        while chunk:
            frame = frame or zstd.ZstdDecompressor()
            yield frame.decompress(chunk, max_length=_DECOMPRESSED)
            while not frame.eof and not frame.needs_input:
                yield frame.decompress(b"", max_length=_DECOMPRESSED)
            chunk = frame.unused_data
            if frame.eof:
                frame = None
    if frame:
        raise EOFError("the end is missing")


_DECOMPRESS = {"none": iter, "gzip": _gunzip, "zstd": _unzstd}
