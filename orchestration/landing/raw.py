"""The folder raw/: batches that appear whole or not at all, the ledger, and the format's version.

    raw/format.json                                   version, fingerprint of the token key
    raw/batches/<batch id>/<source>/<table>/<n>.parquet
    raw/batches/<batch id>/landing/{files,rejects}/0.parquet
    raw/batches/00000000T000000000000Z/               an empty file for every table: its columns

A batch is built in ``raw/.incoming-<batch id>/`` on the same disk, synced, and renamed once.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.landing.contract import Contract
from orchestration.landing.errors import LandingError
from orchestration.landing.secrets import TokenKey, literal
from orchestration.landing.values import identifier

FORMAT_VERSION = 1
EMPTY_BATCH = "00000000T000000000000Z"
_BATCH_ID = "%Y%m%dT%H%M%S%fZ"
_INCOMING = ".incoming-"


@dataclass(frozen=True)
class LedgerEntry:
    """A file that was landed before."""

    file_hash: str
    table: str
    path: str
    size: int
    modified: int


class RawFolder:
    """raw/ and what happens to it as a whole.

    Attributes:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def batches(self) -> Path:
        """One folder for each batch."""
        return self.root / "batches"

    @property
    def _format(self) -> Path:
        return self.root / "format.json"

    def prepare(self) -> None:
        """Makes the folder, readable by its owner only, and removes what a crash left behind."""
        for folder in (self.root, self.batches):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        for leftover in self.root.glob(_INCOMING + "*"):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()

    def read_ledger(self, connection: duckdb.DuckDBPyConnection) -> list[LedgerEntry]:
        """Every file that was ever landed."""
        if not any(self.batches.glob("*/landing/files/*.parquet")):
            return []
        pattern = literal(str(self.batches / "*" / "landing" / "files" / "*.parquet"))
        rows = connection.execute(
            "select file_hash, source_name || '.' || table_name, path, size_bytes, "
            f"epoch_us(modified_at) from read_parquet({pattern}, union_by_name = true)"
        ).fetchall()
        return [LedgerEntry(*row) for row in rows]

    def check_key(self, key: TokenKey, *, has_landed: bool) -> None:
        """Refuses a raw/ of a later version, and another key than its tokens were hashed with.

        Args:
            key: the key of this landing.
            has_landed: whether any file is in the ledger; without one, no row depends on a key.

        Raises:
            LandingError: as described, or ``format.json`` cannot be read.
        """
        try:
            stored = json.loads(self._format.read_text(encoding="utf-8"))
            version, fingerprint = int(stored["format_version"]), stored["token_key_fingerprint"]
        except FileNotFoundError:
            if has_landed:
                raise LandingError(
                    f"{self._format} is missing, so nobody can tell which token key the rows "
                    "beside it were hashed with; restore it from a backup."
                ) from None
            return
        except (ValueError, KeyError, TypeError) as error:
            raise LandingError(f"{self._format} cannot be read: {error}.") from error
        if version > FORMAT_VERSION:
            raise LandingError(
                f"{self.root} has format {version}; this version of North Star knows up to "
                f"{FORMAT_VERSION}."
            )
        if fingerprint != key.fingerprint and has_landed:
            raise LandingError(
                "The token key is not the one that the tokens in raw/ were hashed with "
                f"(NORTH_STAR_TOKEN_KEY, or {self.root.parent / 'token_key'} without it), so old "
                "and new rows would not match; set the former key again, or start with an empty "
                "raw/ to land everything under the new one."
            )

    def store_key(self, key: TokenKey) -> None:
        """Writes ``format.json``: the version and the key's fingerprint."""
        content = {"format_version": FORMAT_VERSION, "token_key_fingerprint": key.fingerprint}
        text = json.dumps(content, indent=2) + "\n"
        if self._format.exists() and self._format.read_text(encoding="utf-8") == text:
            return
        incoming = self.root / f"{_INCOMING}format.json"
        incoming.write_text(text, encoding="utf-8")
        incoming.chmod(0o600)
        _sync(incoming)
        incoming.replace(self._format)
        _sync(self.root)

    def store_empty_batch(self, connection: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
        """Writes the empty batch, if it is missing or the contract's columns changed.

        Returns:
            Whether it was written.
        """
        columns = contract.raw_columns()
        described = json.dumps(columns, indent=1)
        target = self.batches / EMPTY_BATCH
        stored = target / "contract.json"
        if stored.exists() and stored.read_text(encoding="utf-8") == described:
            return False
        incoming = self.incoming(EMPTY_BATCH)
        for table, types in columns.items():
            nulls = ", ".join(f"null::{kind} as {identifier(name)}" for name, kind in types.items())
            file = parquet_file(incoming, table, 0)
            connection.execute(
                f"copy (select {nulls} where false) to {literal(str(file))} {PARQUET}"
            )
        (incoming / "contract.json").write_text(described, encoding="utf-8")
        if target.exists():
            # A folder cannot replace another in one step. After a crash between the two, the next
            # landing finds none and writes it again.
            target.rename(self.root / f"{_INCOMING}replaced")
        self.publish(EMPTY_BATCH)
        shutil.rmtree(self.root / f"{_INCOMING}replaced", ignore_errors=True)
        return True

    def next_batch_id(self, now: datetime | None = None) -> tuple[str, datetime]:
        """An id later than every batch's, and its time (UTC, without a zone)."""
        now = now or datetime.now(UTC).replace(tzinfo=None)
        ids = [folder.name for folder in self.batches.iterdir() if folder.name != EMPTY_BATCH]
        if ids:
            now = max(now, datetime.strptime(max(ids), _BATCH_ID) + timedelta(microseconds=1))
        return now.strftime(_BATCH_ID), now

    def incoming(self, batch_id: str) -> Path:
        """Makes and names the folder that a batch is built in."""
        folder = self.root / f"{_INCOMING}{batch_id}"
        folder.mkdir(mode=0o700)
        return folder

    def publish(self, batch_id: str) -> None:
        """Syncs a batch that was built to the disk and makes it visible by one rename."""
        incoming = self.root / f"{_INCOMING}{batch_id}"
        for folder, _, names in os.walk(incoming, topdown=False):
            for name in names:
                file = Path(folder, name)
                file.chmod(0o600)
                _sync(file)
            Path(folder).chmod(0o700)
            _sync(Path(folder))
        incoming.rename(self.batches / batch_id)
        _sync(self.batches)


PARQUET = "(format parquet, compression zstd)"


def parquet_file(batch: Path, table: str, number: int) -> Path:
    """Path of a Parquet file in a batch, its folder made."""
    folder = batch / table
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{number}.parquet"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
